import { timestamp } from '../clock.ts';
import type { DiffFile } from '../git.ts';
import type { Issue, User } from '../state.ts';
import { Html, html } from './html.ts';
import { postedMarkdown } from './markdown.ts';

export function when(date: Date): Html {
  return html`<time datetime="${timestamp(date)}">${timestamp(date).replace('T', ' ').replace('Z', '')}</time>`;
}

/** `1 comment`, `2 comments`. */
export function plural(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** A comment, or the first post of an issue or pull request. */
export function post(id: string, user: User, did: string, date: Date, body: string | null): Html {
  const text =
    body === null || body === ''
      ? html`<p class="dim">No description provided.</p>`
      : new Html(postedMarkdown(body));
  return html`<section class="box" id="${id}"><div class="head"><strong>${user.login}</strong> <span class="dim">${did} on ${when(date)}</span></div><div class="body">${text}</div></section>`;
}

export function stateOf(issue: Issue): Html {
  const state =
    issue.pull !== null && issue.pull.mergedAt !== null
      ? 'merged'
      : issue.pull?.draft === true && issue.state === 'open'
        ? 'draft'
        : issue.state;
  return html`<span class="state ${state}">${state.charAt(0).toUpperCase()}${state.slice(1)}</span>`;
}

export function labels(issue: Issue): readonly Html[] {
  return issue.labels.map((label) => html` <span class="label">${label}</span>`);
}

const SIGNS: Readonly<Record<string, string>> = {
  success: '✓',
  failure: '✗',
  error: '✗',
  timed_out: '✗',
  cancelled: '⊘',
  skipped: '–',
  neutral: '–',
};

/** How something ended, or where it stands. */
export function outcome(status: string, conclusion: string | null): Html {
  const word = conclusion ?? status;
  return html`<span class="${word}" title="${word}">${SIGNS[word] ?? '●'}</span>`;
}

export function diff(files: readonly DiffFile[]): readonly Html[] {
  return files.map((file) => {
    const name = file.previous === undefined ? file.path : `${file.previous} → ${file.path}`;
    const lines = (file.patch ?? '').split('\n').map((line) => {
      const kind = line.startsWith('@@')
        ? 'hunk'
        : line.startsWith('+')
          ? 'add'
          : line.startsWith('-')
            ? 'del'
            : '';
      return html`<span class="${kind}">${line === '' ? ' ' : line}</span>`;
    });
    const shown =
      file.patch === undefined
        ? html`<div class="body dim">No text to show.</div>`
        : html`<pre class="diff">${lines}</pre>`;
    return html`<details class="box" open><summary class="head"><code>${name}</code> <span class="success">+${file.additions}</span> <span class="failure">−${file.deletions}</span></summary><div style="overflow-x:auto">${shown}</div></details>`;
  });
}
