// An oracle of our own for "may this page frame the widget?", from the standards and not from the product: what
// stands in the list by RFC 1123 and RFC 3986, and how it matches by Content Security Policy Level 3, 6.7.2.

/** How the server keeps what an admin typed, or `undefined` if that is no host of one site. */
export function kept(typed: string): string | undefined {
  const text = typed.trim().toLowerCase().replace(/^https?:\/\//, '');
  const parts = /^(\*\.)?([a-z0-9.-]+?)(?::([1-9][0-9]{0,4}))?$/.exec(text);
  if (!parts) return undefined;
  const [, wild = '', host = '', port] = parts;
  if (port !== undefined && Number(port) > 65_535) return undefined;
  if (host.length > 253) return undefined;
  if (!host.split('.').every(label => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label))) return undefined;
  if (/^[0-9.]+$/.test(host)) {
    const octets = host.split('.');
    const address = octets.length === 4 && octets.every(o => String(Number(o)) === o && Number(o) < 256);
    if (!address || wild) return undefined;
  }
  return text;
}

const loopback = (source: string) => /^(localhost|127(\.\d+){3})(:|$)/.test(source);
/** As `frame-ancestors` has it: what is on the own machine over http too, whatever the desk is over. */
export const sources = (source: string) => (loopback(source) ? `${source} http://${source}` : source);

/** 6.7.2.8, 6.7.2.9, 6.7.2.11: a source without a scheme, on a policy that came from `desk`. */
function matches(source: string, page: URL, desk: URL, chromium: boolean): boolean {
  // A page without a host (data:, about:, a sandbox) is nobody's.
  if (page.host === '') return false;
  const scheme = page.protocol === desk.protocol || (desk.protocol === 'http:' && page.protocol === 'https:') || loopback(source);
  const [, host = '', port = ''] = /^(.*?)(?::(\d+))?$/.exec(source) ?? [];
  const hosts = host.startsWith('*.') ? page.hostname.endsWith(host.slice(1)) : page.hostname === host;
  const usual = page.protocol === 'https:' ? '443' : '80';
  const real = page.port || usual;
  const ports = port === '' ? real === usual : port === real || (port === '80' && page.protocol === 'https:' && real === '443');
  // The standard looks at scheme and port apart; Chromium lets https stand for http only on the usual ports.
  const upgraded = page.protocol === 'https:' && desk.protocol === 'http:' && port !== '' && !(port === '80' && real === '443');
  return scheme && hosts && ports && !(chromium && upgraded);
}

/** 6.4.2.1: every window around has to match; by the standard, or as Chromium has it. */
export const mayFrame = (list: string[], around: string[], desk: string, chromium = false) =>
  around.every(page => {
    const url = new URL(page);
    return url.origin === new URL(desk).origin || list.some(source => matches(source, url, new URL(desk), chromium));
  });

/** What admins type, good and bad. */
export const TYPED = [
  'shop.example', 'SHOP.Example', ' shop.example ', 'https://shop.example', 'HTTP://Shop.Example', 'http://shop.example:8080', 'shop.example:443',
  'shop.example:80', 'shop.example:65535', '*.shop.example', 'https://*.shop.example', '*.shop.example:8443', 'a.b.c.d.e.shop.example', 'localhost',
  'localhost:8081', '127.0.0.1', '127.0.0.1:3001', '192.168.7.7', 'xn--mller-kva.example', '*.xn--mller-kva.example', 'a-b.example', '3com.example',
  '1.example', `${'a'.repeat(63)}.example`, `${'a.'.repeat(120)}example`, 'x', 'example',
  '*', '*.', '.', '..', '*.*', '*.*.example', 'a.*.example', 'shop.*', '**.example', '*example', 'shop*.example', '.example', 'example.', 'a..example',
  '-a.example', 'a-.example', 'a_b.example', `${'a'.repeat(64)}.example`, `${'a.'.repeat(126)}example`, 'müller.example', 'ｓhop.example', 'shop。example',
  'shop.example:', 'shop.example:0', 'shop.example:080', 'shop.example:65536', 'shop.example:99999', 'shop.example:*', 'shop.example:http', 'shop.example:-1',
  'shop.example:80:80', ':80', 'shop.example/', 'shop.example/a', 'https://shop.example/', 'shop.example?a', 'shop.example#a', 'u@shop.example',
  'https://u:p@shop.example', '//shop.example', 'ftp://shop.example', 'file:///etc', 'data:text/html,x', 'javascript:alert(1)', 'blob:https://shop.example',
  'https://https://shop.example', 'http:shop.example', 'https:/shop.example', "'self'", "'none'", "'unsafe-inline'", '"shop.example"', 'self https:', 'https:',
  'a.example b.example', 'a.example,b.example', 'a.example;b.example', "a.example; script-src 'unsafe-inline'", 'a.example\tb.example',
  'a.example\r\nX-Evil: 1', 'a.example\nb.example', 'a\u0000.example', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '*.1.2.3.4', '[::1]', '[::1]:80', '::1', 'null', 'shop.example\\evil',
  '%2a.example', 'shop%2eexample', '<b>.example', '${x}.example', '٣.example',
];

/** A list, and pages that try to frame the widget. */
export const LIST = ['shop.example', '*.wild.example', 'port.example:8443', '*.both.example:8080', 'up.example:80', 'tls.example:443', 'xn--mller-kva.example', '192.168.7.7', 'localhost:3000', '127.0.0.1'];
export const PAGES = [
  'http://shop.example', 'https://shop.example', 'http://SHOP.example', 'http://shop.example:80', 'https://shop.example:443', 'http://shop.example:443', 'https://shop.example:80',
  'http://shop.example:8080', 'https://shop.example:8443', 'http://www.shop.example', 'http://shop.example.evil.example', 'http://evilshop.example',
  'http://shop-example.example', 'http://shopexample', 'http://shop.exampl', 'http://shop.examplee', 'http://shop.example.', 'http://hop.example', 'http://example',
  'http://xshop.example', 'http://shop.example.wild.example.evil', 'http://evil.example/shop.example', 'http://evil.example/?http://shop.example',
  'http://evil.example/#shop.example', 'http://a.wild.example', 'https://a.wild.example', 'http://a.b.c.wild.example', 'http://wild.example', 'http://evilwild.example',
  'http://a-wild.example', 'http://wild.example.evil', 'http://a.wild.example:8080', 'http://a.wild.example.', 'http://x.a.wild.example', 'http://awild.example',
  'http://port.example', 'http://port.example:8443', 'https://port.example:8443', 'https://port.example', 'http://port.example:8444', 'http://port.example:443', 'http://a.port.example:8443',
  'http://a.both.example:8080', 'https://a.both.example:8080', 'http://both.example:8080', 'http://a.both.example', 'http://a.both.example:8081', 'http://b.a.both.example:8080',
  'http://up.example', 'https://up.example', 'https://up.example:80', 'https://up.example:8443', 'http://up.example:81', 'https://tls.example', 'http://tls.example', 'http://tls.example:443', 'https://tls.example:444',
  'http://xn--mller-kva.example', 'http://müller.example', 'http://muller.example', 'http://xn--mller-kva.example.evil', 'http://a.xn--mller-kva.example',
  'http://192.168.7.7', 'http://192.168.7.77', 'http://192.168.7.7:81', 'http://192.168.7', 'http://0xc0a80707', 'http://3232237319', 'http://192.168.7.7.evil.example', 'http://1.192.168.7.7.example',
  'http://127.0.0.1', 'http://[::1]', 'http://localhost', 'https://localhost', 'http://null', 'http://self', 'http://none', 'http://http',
  'https://evil.example', 'http://evil.example:8443', 'http://desk.evil.example',
];
