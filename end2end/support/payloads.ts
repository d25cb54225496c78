// Texts that would run a script or put an element into a page that took them for HTML, an attribute, a script, a
// title, an address, or that decoded them once too often. `§` is the call that gives it away, `¤` the mark on
// whatever is injected.

const TEMPLATES = `
<script ¤>§</script>
<ScRiPt ¤>§</sCrIpT>
<script ¤ src=data:text/javascript,§></script>
</script><script ¤>§</script>
<img ¤ src=x onerror=§>
<img ¤ src=x onerror="§">
<img/¤/src/onerror=§>
<IMG ¤ SRC=x ONERROR=§>
<svg ¤ onload=§>
<svg/¤/onload=§>
<svg ¤><script>§</script></svg>
<svg ¤><animate onbegin=§ attributeName=x dur=1s>
<svg ¤><set onbegin=§ attributeName=x>
<svg ¤><a xlink:href="javascript:§"><text y=9>x</text></a></svg>
<body ¤ onload=§><img ¤ src=x>
<iframe ¤ srcdoc="<script>parent.§</script>"></iframe>
<iframe ¤ src="javascript:parent.§"></iframe>
<details ¤ open ontoggle=§>
<video ¤ src=x onerror=§></video>
<audio ¤ src=x onerror=§></audio>
<video ¤><source src=x onerror=§></video>
<input ¤ autofocus onfocus=§>
<select ¤ autofocus onfocus=§></select>
<textarea ¤ autofocus onfocus=§></textarea>
<button ¤ onclick=§>x</button>
<a ¤ href="javascript:§">x</a>
<a ¤ href="jav&#x09;ascript:§">x</a>
<a ¤ href="&#106;avascript:§">x</a>
<form ¤ action="javascript:§"><input type=submit></form>
<button ¤ form=f formaction="javascript:§">x</button>
<object ¤ data="data:text/html,<script>§</script>"></object>
<embed ¤ src="javascript:§">
<meta ¤ http-equiv=refresh content="9;url=javascript:§">
<base ¤ href="javascript:/§//">
<link ¤ rel=stylesheet href=x onerror=§>
<style ¤>@import 'x';</style><img src=x onerror=§>
<style ¤ onload=§></style>
<marquee ¤ onstart=§>x</marquee>
<math ¤><mtext><img src=x onerror=§></mtext></math>
<x-hostile ¤ tabindex=1 onfocus=§ autofocus>
"><img ¤ src=x onerror=§>
'><img ¤ src=x onerror=§>
"><script ¤>§</script>
'><svg ¤ onload=§>
" ¤ autofocus onfocus="§
' ¤ autofocus onfocus='§
" ¤ onmouseover="§" x="
\`><img ¤ src=x onerror=§>
</title><script ¤>§</script>
</title><img ¤ src=x onerror=§>
</textarea><script ¤>§</script>
</textarea><svg ¤ onload=§>
</style><script ¤>§</script>
</noscript><img ¤ src=x onerror=§>
</template><img ¤ src=x onerror=§>
</option></select><img ¤ src=x onerror=§>
</xmp><img ¤ src=x onerror=§>
--><img ¤ src=x onerror=§>
--!><img ¤ src=x onerror=§>
]]><img ¤ src=x onerror=§>
<!--><img ¤ src=x onerror=§>-->
<![CDATA[>]]><img ¤ src=x onerror=§>
<?xml ><img ¤ src=x onerror=§>
</p></div></li></main><img ¤ src=x onerror=§>
</script><img ¤ src=x onerror=§>
";§;//
';§;//
\`;§;//
\\";§;//
\${§}
javascript:§
JaVaScRiPt:§
javascript://%0A§
javascript:/*--></title></style></textarea></script><svg/¤/onload='§'>
data:text/html,<script>parent.§</script>
https://x.example/"><img ¤ src=x onerror=§>
https://x.example/" onmouseover="§" ¤="
https://x.example/'onmouseover='§' ¤='
https://x.example/<script ¤>§</script>
javascript:§//https://x.example/
https://x.example/?a="autofocus onfocus="§" ¤
mailto:a@x.example"><img ¤ src=x onerror=§>
[x](https://x.example/"><img ¤ src=x onerror=§>)
![x](x"><img ¤ src=x onerror=§>)
<https://x.example/><img ¤ src=x onerror=§>
**<img ¤ src=x onerror=§>**
\`<img ¤ src=x onerror=§>\`
&lt;img ¤ src=x onerror=§&gt;
&#60;img ¤ src=x onerror=§&#62;
%3Cimg ¤ src=x onerror=§%3E
\\u003cimg ¤ src=x onerror=§\\u003e
\\x3cimg ¤ src=x onerror=§\\x3e
＜img ¤ src=x onerror=§＞
＜script ¤＞§＜/script＞
<p ¤ style=position:fixed;inset:0 onpointerenter=§>
<dialog ¤ open onclose=§>
<img ¤ src onerror=§//
<<img ¤ src=x onerror=§>
<template ¤ shadowrootmode=open><img src=x onerror=§></template>
<img ¤ srcset=x onerror=§>
<svg ¤><foreignObject><img src=x onerror=§></foreignObject></svg>
<svg ¤><style><img src=x onerror=§></style>
<noscript><p title="</noscript><img ¤ src=x onerror=§>">
<form ¤><input name=attributes><input name=children></form>
<img ¤ name=Deskbell id=Deskbell>`;

/** Numbered, so that what fired has a name. One line each, at most 100 characters: they fit every field. */
export const PAYLOADS: string[] = TEMPLATES.trim()
  .split('\n')
  .map((template, n) => template.replaceAll('§', `ran(${n})`).replaceAll('¤', 'hostile'));

/** What a page that got it wrong would do with a text. */
const MISTAKES: ((text: string) => string)[] = [
  text => `<p title="${text}">x</p>`,
  text => `<p title='${text}'>x</p>`,
  text => `<p title=${text}>x</p>`,
  text => `<a href="${text.replaceAll('"', '&quot;')}">x</a>`,
  text => `<textarea>${text}</textarea>`,
  text => `<title>${text}</title>`,
  text => `<style>${text}</style>`,
  text => `<!-- ${text} -->`,
  text => `<noscript>${text}</noscript>`,
  text => `<xmp>${text}</xmp>`,
  text => `<template>${text}</template>`,
  text => `<select><option>${text}</option></select>`,
  text => `<script>void "${text}"</script>`,
  text => `<script>void '${text}'</script>`,
  text => `<script>void \`${text}\`</script>`,
  text => `<script>void "${text.replaceAll('"', '\\"')}"</script>`,
  text => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#60;', '<').replaceAll('&#62;', '>'),
  text => { try { return decodeURIComponent(text); } catch { return ''; } },
  text => text.replace(/\\u00([0-9a-f]{2})|\\x([0-9a-f]{2})/g, (_, a, b) => String.fromCharCode(parseInt(a ?? b, 16))),
  text => text.normalize('NFKC'),
  text => text,
];

/** A page that makes every mistake with this text. */
export const mistaken = (text: string): string => `<!doctype html><body>${MISTAKES.map(mistake => mistake(text)).join('\n')}`;
