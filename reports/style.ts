/** The colours of one scheme: text on `page` and `panel`, and one for each verdict, as `#rrggbb`. */
export interface Scheme {
  readonly page: string;
  readonly panel: string;
  readonly text: string;
  readonly muted: string;
  readonly rule: string;
  readonly link: string;
  readonly pass: string;
  readonly fail: string;
  readonly inconclusive: string;
  readonly error: string;
}

/** Held by a test to WCAG 2.2: text at 4.5 : 1 on page and panel (1.4.3), `rule` aside, which only decorates. */
export const PALETTE: { readonly light: Scheme; readonly dark: Scheme } = {
  light: {
    page: '#ffffff',
    panel: '#f5f6f4',
    text: '#1d2320',
    muted: '#59625d',
    rule: '#d9dedb',
    link: '#1a5fa8',
    pass: '#1b6e3c',
    fail: '#b3261e',
    inconclusive: '#7a5500',
    error: '#7b3fa0',
  },
  dark: {
    page: '#14181a',
    panel: '#1d2326',
    text: '#e4e8e6',
    muted: '#a0aaa5',
    rule: '#374044',
    link: '#84b8f2',
    pass: '#6cc98b',
    fail: '#ff8a80',
    inconclusive: '#e3b54f',
    error: '#cf9cf0',
  },
};

function variables(scheme: Scheme): string {
  return Object.entries(scheme)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');
}

/** The one style sheet of every page: screen in both schemes, narrow and wide, and A4 paper. */
export const STYLE = `
:root{color-scheme:light dark;${variables(PALETTE.light)}}
@media screen and (prefers-color-scheme:dark){:root{${variables(PALETTE.dark)}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--page);color:var(--text);font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;overflow-wrap:break-word}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.875em}
.skip{position:absolute;left:-999rem;padding:.5rem 1rem;background:var(--page)}
.skip:focus{left:1rem;top:1rem}
.frame{max-width:64rem;margin:0 auto;padding:2.5rem 1.5rem 4rem}
.frame.wide{max-width:76rem}
.frame>header{margin-bottom:2rem}
h1,h2,h3,h4,h5{line-height:1.25;text-wrap:balance;font-weight:650;letter-spacing:-.011em}
h1{font-size:1.9rem;margin:0}
h2{font-size:1.4rem;margin:2.75rem 0 .9rem}
h3{font-size:1.12rem;margin:2.1rem 0 .7rem}
h4,h5{font-size:1rem;margin:1.6rem 0 .6rem}
.subtitle{margin:.4rem 0 0;color:var(--muted);max-width:44rem}
p,ul,dl,pre,figure,details{margin:0 0 1.1rem}
p,li{max-width:44rem}
ul{padding-left:1.25rem}
li+li{margin-top:.25rem}
a{color:var(--link);text-underline-offset:.15em}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
code{background:var(--panel);padding:.1em .35em;border-radius:.25rem;overflow-wrap:anywhere}
pre{background:var(--panel);border:1px solid var(--rule);border-radius:.5rem;padding:.8rem 1rem;overflow-x:auto;line-height:1.5}
pre code{background:none;padding:0;overflow-wrap:normal}
.icon{width:1.05em;height:1.05em;vertical-align:-.16em;flex:none}
.pass{--tone:var(--pass)}.fail{--tone:var(--fail)}.inconclusive{--tone:var(--inconclusive)}.error{--tone:var(--error)}
.badge{color:var(--tone);font-weight:600;white-space:nowrap}
.badge .icon{margin-right:.35em}
.verdict{display:flex;gap:.85rem;align-items:flex-start;max-width:none;background:var(--panel);border:1px solid var(--rule);border-left:.35rem solid var(--tone);border-radius:.5rem;padding:.9rem 1.1rem}
.verdict>.icon{width:1.6rem;height:1.6rem;color:var(--tone);margin-top:.05rem}
.verdict strong{display:block;color:var(--tone);line-height:1.4}
.verdict>span{min-width:0;max-width:44rem}
.note{max-width:none;border-left:.35rem solid var(--rule);padding:.35rem 0 .35rem 1.1rem}
.note>span{display:block;max-width:44rem}
.note.warning{border-left-color:var(--inconclusive)}
.note strong:first-child{display:block;color:var(--muted);line-height:1.4}
.note.warning strong:first-child{color:var(--inconclusive)}
dl{display:grid;grid-template-columns:minmax(7rem,max-content) minmax(0,1fr);gap:.3rem 1.5rem}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:0 0 1.4rem}
table{border-collapse:collapse;min-width:min(100%,40rem);font-size:.925rem;line-height:1.45}
caption,figcaption{text-align:left;font-weight:600;padding:0 0 .45rem}
caption span{display:inline-block;position:sticky;left:0;max-width:calc(100vw - 2rem)}
figcaption small{font-weight:400;color:var(--muted);font-size:.875rem}
th,td{text-align:left;vertical-align:top;padding:.42rem 1.1rem .42rem 0;border-bottom:1px solid var(--rule);min-width:3rem}
th:last-child,td:last-child{padding-right:0}
thead th,thead td{color:var(--muted);font-weight:600;font-size:.85rem;vertical-align:bottom;border-bottom-color:var(--muted)}
tbody th{font-weight:400}
table code{overflow-wrap:normal}
.date{white-space:nowrap}
.right{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
details{border:1px solid var(--rule);border-radius:.5rem;padding:0 1.1rem}
summary{cursor:pointer;padding:.65rem 0;font-weight:600}
details[open]>summary{margin-bottom:.6rem}
.contents{font-size:.925rem;line-height:1.4}
.contents h2{font-size:.85rem;color:var(--muted);margin:0 0 .6rem;letter-spacing:0}
.contents ul{list-style:none;margin:0;padding:0}
.contents ul ul{padding-left:1rem;margin:.3rem 0 .7rem}
.contents a{color:inherit;text-decoration-color:var(--rule)}
.contents .badge{margin-left:.4rem;font-size:.85rem}
.contents{border-top:1px solid var(--rule);border-bottom:1px solid var(--rule);padding:1rem 0;margin-bottom:2rem}
.report+.report{border-top:1px solid var(--rule);margin-top:3.5rem}
.frame>footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--rule);color:var(--muted);font-size:.875rem}
.forest table{width:100%;min-width:44rem}
.forest th,.forest td{vertical-align:middle}
.forest tbody th{min-width:10rem}
.forest .plot{position:relative;width:45%;height:2.1rem}
.forest .plot>svg{position:absolute;left:0;top:0;width:calc(100% - 1.6rem);height:100%;overflow:visible;color:var(--tone,var(--muted))}
.forest tfoot td{border:0;color:var(--muted)}
svg svg{overflow:visible}
svg text{font:.78rem system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;font-variant-numeric:tabular-nums;fill:currentColor}
.axis{stroke:var(--muted)}
.grid{stroke:var(--rule)}
.bound{stroke:var(--text);stroke-dasharray:4 3;stroke-width:1.25}
.series{display:grid;grid-template-columns:3.6rem minmax(0,1fr);color:var(--muted);padding:1.4rem 1.2rem 0 0}
.series svg{display:block;width:100%;height:15rem;overflow:visible}
.series .path{stroke:var(--rule);stroke-width:1.5}
.series .point{color:var(--text)}
.series .alarm{color:var(--fail)}
.spread{display:flex;flex-wrap:wrap;align-items:center;gap:.35rem 1.1rem}
.spread svg{flex:none;width:9rem;height:1.9rem;border-bottom:1px solid var(--muted);fill:var(--link);shape-rendering:crispEdges}
.spread span{flex:1 1 12rem}
.spread .open{opacity:.45}
.legend{color:var(--muted);font-size:.875rem}
@media(min-width:68rem){
.frame.wide{display:grid;grid-template-columns:15rem minmax(0,1fr);column-gap:3.5rem}
.frame.wide>header,.frame.wide>footer{grid-column:1/-1}
.frame.wide .contents{position:sticky;top:1.5rem;align-self:start;max-height:calc(100vh - 3rem);overflow-y:auto;border:0;padding:0}
.frame.wide main>.report:first-child>:first-child{margin-top:0}
}
@media screen and (max-width:34rem){
.frame{padding:1.5rem 1rem 3rem}
h1{font-size:1.55rem}
dl{grid-template-columns:minmax(0,1fr);gap:0}
dd{margin-bottom:.6rem}
tbody td:not(.right){min-width:5.5rem}
}
@media print{
@page{size:A4;margin:16mm 15mm}
:root{color-scheme:light}
html{font-size:9.5pt}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.frame,.frame.wide{display:block;max-width:none;padding:0}
.skip{display:none}
p,li,.subtitle,.verdict>span,.note>span{max-width:none}
h1,h2,h3,h4,h5,caption,figcaption,summary{break-after:avoid}
tr,figure.series-figure,.verdict,.note,dt,dd,li{break-inside:avoid}
thead{display:table-header-group}
tfoot{display:table-row-group}
.scroll,pre{overflow:visible}
pre{white-space:pre-wrap}
table,.forest table{min-width:0;width:100%;overflow-wrap:anywhere}
table code{overflow-wrap:anywhere}
.date{white-space:normal}
caption span{max-width:none}
details{border:0;padding:0}
details::details-content{display:block;content-visibility:visible;block-size:auto}
summary{list-style:none}
a{color:inherit}
.frame.wide .contents{position:static;max-height:none}
.report+.report{break-before:page;border:0;margin-top:0}
.report+.report>h2:first-child{margin-top:0}
.plotbox{min-width:0!important}
}
`.replaceAll('\n', '');
