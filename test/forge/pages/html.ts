export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Markup that is safe to put into a page as it is. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | readonly Html[] | null | undefined | false;

/** A template whose values are escaped unless they are Html. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return new Html(
    strings.reduce(
      (text, string, index) => text + string + (index < values.length ? show(values[index]) : ''),
      '',
    ),
  );
}

function show(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map((each) => each.text).join('');
  return escapeHtml(String(part));
}

const STYLE = `
:root { color-scheme: light dark; --fg: #1f2328; --dim: #59636e; --bg: #fff; --soft: #f6f8fa; --line: #d1d9e0; --link: #0969da;
  --ok: #1a7f37; --bad: #d1242f; --wait: #9a6700; --merged: #8250df; --add: #dafbe1; --del: #ffebe9; }
@media (prefers-color-scheme: dark) { :root { --fg: #f0f6fc; --dim: #9198a1; --bg: #0d1117; --soft: #151b23; --line: #3d444d; --link: #4493f8;
  --ok: #3fb950; --bad: #f85149; --wait: #d29922; --merged: #ab7df8; --add: #12261e; --del: #25171c; } }
* { box-sizing: border-box; }
body { margin: 0; font: 14px/1.5 system-ui, sans-serif; color: var(--fg); background: var(--bg); overflow-wrap: anywhere; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
header, main { max-width: 1012px; margin: 0 auto; padding: 12px 16px; }
header { border-bottom: 1px solid var(--line); } header nav a { margin-right: 16px; white-space: nowrap; }
h1 { font-size: 24px; font-weight: 500; margin: 12px 0; } h2 { font-size: 18px; }
.dim { color: var(--dim); } .box { border: 1px solid var(--line); border-radius: 6px; margin: 16px 0; overflow: hidden; }
.box > .head { background: var(--soft); padding: 8px 16px; border-bottom: 1px solid var(--line); } .box > .body { padding: 8px 16px; }
.row { padding: 8px 16px; border-top: 1px solid var(--line); } .row:first-child { border-top: 0; }
.state { display: inline-block; padding: 3px 10px; border-radius: 2em; color: #fff; background: var(--dim); }
.state.open { background: #1f883d; } .state.closed { background: #cf222e; } .state.merged { background: #8250df; }
.label { display: inline-block; border: 1px solid var(--line); border-radius: 2em; padding: 0 8px; font-size: 12px; }
.success { color: var(--ok); } .failure, .error, .timed_out, .cancelled { color: var(--bad); } .pending, .action_required, .in_progress, .queued { color: var(--wait); }
table { border-collapse: collapse; display: block; width: max-content; max-width: 100%; overflow-x: auto; overflow-wrap: normal; margin: 12px 0; } th, td { border: 1px solid var(--line); padding: 4px 10px; }
pre { background: var(--soft); padding: 12px; border-radius: 6px; overflow-x: auto; font-size: 12px; line-height: 1.45; margin: 8px 0; }
code { background: var(--soft); padding: 1px 4px; border-radius: 4px; font-size: 12px; } pre code { padding: 0; background: none; }
img { max-width: 100%; } blockquote { margin: 8px 0; padding: 0 12px; border-left: 3px solid var(--line); color: var(--dim); }
blockquote.alert { --tone: var(--link); color: inherit; border-color: var(--tone); } blockquote.alert strong:first-child { color: var(--tone); }
blockquote.tip { --tone: var(--ok); } blockquote.important { --tone: var(--merged); } blockquote.warning { --tone: var(--wait); } blockquote.caution { --tone: var(--bad); }
.diff { padding: 0; border-radius: 0; margin: 0; background: none; } .diff span { display: block; padding: 0 12px; white-space: pre; min-width: max-content; }
.diff .add { background: var(--add); } .diff .del { background: var(--del); } .diff .hunk { color: var(--dim); background: var(--soft); }
.body details { margin: 12px 0; } summary { cursor: pointer; }
`;

export function page(title: string, repository: string | null, content: Html): Html {
  const links =
    repository === null
      ? null
      : html`<nav><a href="/${repository}">Code</a><a href="/${repository}/issues">Issues</a><a href="/${repository}/pulls">Pull requests</a><a href="/${repository}/actions">Actions</a><a href="/${repository}/releases">Releases</a></nav>`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${new Html(STYLE)}</style></head>
<body><header><strong><a href="/">forge</a>${repository === null ? null : html` / <a href="/${repository}">${repository}</a>`}</strong>${links}</header><main>${content}</main></body></html>`;
}
