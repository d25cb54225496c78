// Somebody's web shop: a site of its own, on another origin than the desk, with the snippet on its pages.

import http from 'node:http';
import type net from 'node:net';

export type SiteOptions = {
  /** What the shop owner pasted; `{frame}` pages need none. */
  snippet?: string;
};

const escape = (text: string) => text.replace(/[&<>"]/g, c => `&#${c.charCodeAt(0)};`);

/** `http://127.0.0.1:PORT`, so another site than the desk's `http://localhost:PORT`. */
export class Site {
  snippet = '';
  readonly #server: http.Server;
  readonly port: number;

  private constructor(server: http.Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async open(options: SiteOptions = {}): Promise<Site> {
    const server = http.createServer();
    await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    const site = new Site(server, (server.address() as net.AddressInfo).port);
    site.snippet = options.snippet ?? '';
    server.on('request', (asked, answer) => site.#serve(asked, answer));
    return site;
  }

  /** As an admin writes it into the list of domains. */
  get domain() {
    return `127.0.0.1:${this.port}`;
  }

  get url() {
    return `http://${this.domain}`;
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise(done => this.#server.close(done));
  }

  #serve(asked: http.IncomingMessage, answer: http.ServerResponse) {
    const url = new URL(asked.url ?? '/', this.url);
    const pages: Record<string, () => string> = {
      '/a': () => this.#page('Lamps', '<p>The blue lamp, 49 euros.</p>', this.snippet),
      '/b': () => this.#page('Delivery', '<p>We deliver on Tuesdays.</p>', this.snippet),
      '/plain': () => this.#page('Plain', '<p>No chat here.</p>', ''),
      '/frame': () => this.#page('Framed', `<iframe title="framed" width="400" height="600" src="${escape(url.searchParams.get('src') ?? '')}"></iframe>`, ''),
    };
    if (url.pathname === '/favicon.ico') {
      answer.writeHead(204).end();
      return;
    }
    const page = pages[url.pathname];
    answer.writeHead(page ? 200 : 404, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    answer.end(page ? page() : 'no such page');
  }

  #page(title: string, body: string, snippet: string) {
    return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light"><title>${title}</title></head>
<body><header><nav aria-label="Shop"><a href="/a">Lamps</a> <a href="/b">Delivery</a></nav></header>
<main><h1>${title}</h1>${body}</main>
${snippet}
</body></html>`;
  }
}
