import type { Answer } from '../call.ts';
import { fullName, type Issue, isPull, type Release, type Repository } from '../state.ts';
import type { RunRecord } from '../types.ts';
import type { World } from '../world.ts';
import { Html, html, page } from './html.ts';
import { markdownFile, postedMarkdown } from './markdown.ts';
import { diff, labels, outcome, plural, post, stateOf, when } from './parts.ts';
import { pullPage } from './pull.ts';

/** The pages that a person sees. Whoever reaches the server may look: it listens on this machine alone. */
export async function answerPage(world: World, method: string, url: URL): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405 };
  const parts = decodeURIComponent(url.pathname)
    .split('/')
    .filter((part) => part !== '');
  if (parts.length === 0) return shown('forge', null, home(world));
  const repository = world.repositories.get(parts.slice(0, 2).join('/').toLowerCase());
  if (repository === undefined) return missing();
  const file = await fileOf(repository, parts.slice(2));
  if (file !== null) return file;
  const content = await contentOf(world, repository, parts.slice(2));
  return content === null
    ? missing()
    : shown(`${parts.slice(2).join(' ')} · ${fullName(repository)}`, fullName(repository), content);
}

function shown(title: string, repository: string | null, content: Html): Answer {
  return {
    status: 200,
    bytes: Buffer.from(page(title, repository, content).text),
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self'",
    },
  };
}

function missing(): Answer {
  const text = page('Not found', null, html`<h1>Not found</h1>`).text;
  return { status: 404, bytes: Buffer.from(text), headers: { 'content-type': 'text/html; charset=utf-8' } };
}

function home(world: World): Html {
  const rows = [...world.repositories.values()].map(
    (each) =>
      html`<div class="row"><a href="/${fullName(each)}">${fullName(each)}</a> <span class="dim">${each.description ?? ''}</span></div>`,
  );
  return html`<h1>Repositories</h1><p class="dim">It is ${when(world.clock.now())} here.</p><section class="box">${rows}</section>`;
}

/** Downloads: a release's asset, a file as it is. */
async function fileOf(repository: Repository, parts: readonly string[]): Promise<Answer | null> {
  if (parts[0] === 'releases' && parts[1] === 'download') {
    const release = repository.releases.find(
      (each) => !each.draft && each.tagName === parts.slice(2, -1).join('/'),
    );
    const asset = release?.assets.find((each) => each.name === parts.at(-1) && each.state === 'uploaded');
    if (asset === undefined) return null;
    return {
      status: 200,
      bytes: asset.bytes,
      headers: {
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename="${asset.name}"`,
      },
    };
  }
  const raw = parts[0] === 'raw' ? await rawOf(repository, parts) : null;
  return raw === null
    ? null
    : { status: 200, bytes: raw, headers: { 'content-type': 'text/plain; charset=utf-8' } };
}

async function rawOf(repository: Repository, parts: readonly string[]): Promise<Buffer | null> {
  const commit = await repository.git.resolve(parts[1] ?? '');
  return commit === null ? null : repository.git.file(commit, parts.slice(2).join('/'));
}

async function contentOf(
  world: World,
  repository: Repository,
  parts: readonly string[],
): Promise<Html | null> {
  const [area, key, third] = parts;
  const issue = repository.issues.get(Number(key));
  if (area === undefined || area === 'tree')
    return code(
      repository,
      area === undefined ? repository.defaultBranch : (key ?? ''),
      parts.slice(2).join('/'),
    );
  if (area === 'pulls')
    return list('Pull requests', repository, [...repository.issues.values()].filter(isPull), 'pull');
  if (area === 'issues' && key === undefined)
    return list(
      'Issues',
      repository,
      [...repository.issues.values()].filter((each) => !isPull(each)),
      'issues',
    );
  if (area === 'pull' && issue !== undefined && isPull(issue)) return pullPage(world, repository, issue);
  if (area === 'issues' && issue !== undefined) return issuePage(issue);
  if (area === 'releases') return releases(repository, key === 'tag' ? parts.slice(2).join('/') : null);
  if (area === 'actions' && key === undefined) return runs(world, repository);
  const run = area === 'actions' && key === 'runs' ? world.runs.find(Number(third)) : undefined;
  if (run !== undefined) return runPage(world, repository, run);
  if (area === 'commit' && key !== undefined) return commit(repository, key);
  if (area !== 'blob') return null;
  const text = await rawOf(repository, parts);
  const name = parts.slice(2).join('/');
  return text === null
    ? null
    : html`<h1>${name}</h1>${name.endsWith('.md') ? new Html(markdownFile(text.toString('utf8'))) : html`<pre>${text.toString('utf8')}</pre>`}`;
}

async function code(repository: Repository, ref: string, folder: string): Promise<Html> {
  const sha = await repository.git.resolve(ref);
  if (sha === null) return html`<h1>${fullName(repository)}</h1><p class="dim">This repository is empty.</p>`;
  const entries = await repository.git.tree(folder === '' ? sha : `${sha}:${folder}`, { recursive: false });
  const prefix = folder === '' ? '' : `${folder}/`;
  const rows = entries.map(
    (entry) =>
      html`<div class="row">${entry.type === 'tree' ? '📁' : '📄'} <a href="/${fullName(repository)}/${entry.type === 'tree' ? 'tree' : 'blob'}/${ref}/${prefix}${entry.path}">${entry.path}</a></div>`,
  );
  const readme = await repository.git.file(sha, `${prefix}README.md`);
  const branches = await repository.git.refs('refs/heads/');
  const names = branches.map(
    (branch) =>
      html` <a class="label" href="/${fullName(repository)}/tree/${encodeURIComponent(branch.ref.slice('refs/heads/'.length))}">${branch.ref.slice('refs/heads/'.length)}</a>`,
  );
  return html`<h1>${fullName(repository)} <span class="dim">${prefix}</span></h1><p class="dim">${repository.description ?? ''}</p><p>Branches:${names}</p>
<section class="box">${rows}</section>${readme === null ? null : html`<section class="box"><div class="body">${new Html(markdownFile(readme.toString('utf8')))}</div></section>`}`;
}

async function commit(repository: Repository, name: string): Promise<Html | null> {
  const sha = await repository.git.resolve(name);
  if (sha === null) return null;
  const found = await repository.git.commit(sha);
  const files = found.parents[0] === undefined ? [] : await repository.git.diff(found.parents[0], sha);
  return html`<h1>${found.message.split('\n')[0]}</h1><p class="dim"><code>${sha}</code> ${found.author.name} on ${when(found.author.date)}</p><pre>${found.message}</pre>${diff(files)}`;
}

function list(title: string, repository: Repository, issues: readonly Issue[], kind: string): Html {
  const rows = [...issues].reverse().map(
    (
      issue,
    ) => html`<div class="row">${stateOf(issue)} <a href="/${fullName(repository)}/${kind}/${issue.number}"><strong>${issue.title}</strong></a>${labels(issue)}
<div class="dim">#${issue.number} opened on ${when(issue.createdAt)} by ${issue.user.login} · ${plural(issue.comments.length, 'comment')}</div></div>`,
  );
  return html`<h1>${title}</h1><section class="box">${rows.length === 0 ? html`<div class="row dim">Nothing here.</div>` : rows}</section>`;
}

function issuePage(issue: Issue): Html {
  const comments = issue.comments.map((comment) =>
    post(`issuecomment-${comment.id}`, comment.user, 'commented', comment.createdAt, comment.body),
  );
  return html`<h1>${issue.title} <span class="dim">#${issue.number}</span></h1><p>${stateOf(issue)}${labels(issue)}</p>${post('description', issue.user, 'opened this', issue.createdAt, issue.body)}${comments}`;
}

function releases(repository: Repository, tag: string | null): Html {
  const seen = repository.releases.filter((release) => tag === null || release.tagName === tag);
  const boxes = [...seen].reverse().map((release) => releaseBox(repository, release));
  return html`<h1>Releases</h1>${boxes.length === 0 ? html`<p class="dim">There are none.</p>` : boxes}`;
}

function releaseBox(repository: Repository, release: Release): Html {
  const assets = release.assets.map(
    (asset) =>
      html`<div class="row"><a href="/${fullName(repository)}/releases/download/${release.tagName}/${asset.name}">${asset.name}</a> <span class="dim">${asset.bytes.length.toLocaleString('en')} bytes · ${asset.state} · <code>${asset.digest ?? ''}</code></span></div>`,
  );
  const marks = [
    release.draft ? 'Draft' : null,
    release.prerelease ? 'Pre-release' : null,
    release.immutable ? 'Immutable' : null,
  ]
    .filter((mark) => mark !== null)
    .map((mark) => html` <span class="label">${mark}</span>`);
  return html`<section class="box"><div class="head"><strong><a href="/${fullName(repository)}/releases/tag/${release.tagName}">${release.name ?? release.tagName}</a></strong>${marks} <span class="dim">${release.tagName} · ${release.author.login} · ${when(release.publishedAt ?? release.createdAt)}</span></div>
<div class="body">${new Html(postedMarkdown(release.body ?? ''))}</div>${assets}</section>`;
}

function runs(world: World, repository: Repository): Html {
  const rows = world.runs.list(fullName(repository)).map(
    (
      run,
    ) => html`<div class="row">${outcome(run.status, run.conclusion)} <a href="/${fullName(repository)}/actions/runs/${run.id}"><strong>${run.title}</strong></a>
<div class="dim">${run.name} #${run.number} · ${run.event} by ${run.actor.login} · ${run.conclusion ?? run.status} · ${when(run.createdAt)}</div></div>`,
  );
  return html`<h1>Workflow runs</h1><section class="box">${rows.length === 0 ? html`<div class="row dim">Nothing has run yet.</div>` : rows}</section>`;
}

function runPage(world: World, repository: Repository, run: RunRecord): Html {
  const jobs = world.runs.jobs(run.id).map((job) => {
    const annotations = job.annotations.map(
      (each) =>
        html`<div class="row"><strong class="${each.level}">${each.level}</strong> ${each.title ?? ''} ${each.message} <span class="dim">${each.file ?? ''}${each.line === undefined ? '' : `:${each.line}`}</span></div>`,
    );
    const steps = job.steps.map(
      (step) =>
        html`<details class="row"><summary>${outcome(step.status, step.conclusion)} ${step.name}</summary><pre>${step.log}</pre></details>`,
    );
    const summary = job.steps
      .map((step) => step.summary)
      .filter((text) => text !== '')
      .join('\n\n');
    return html`<section class="box" id="job-${job.id}"><div class="head">${outcome(job.status, job.conclusion)} <strong>${job.name}</strong> <span class="dim">${job.conclusion ?? job.status}</span></div>${annotations}${steps}
${summary === '' ? null : html`<div class="row"><p class="dim">${job.name} summary</p>${new Html(postedMarkdown(summary))}</div>`}</section>`;
  });
  const artifacts = world.artifacts
    .of(run.id)
    .map(
      (artifact) =>
        html`<div class="row">${artifact.name} <span class="dim">${artifact.bytes.length.toLocaleString('en')} bytes · <code>${artifact.digest}</code></span></div>`,
    );
  const pulls = run.pullRequests.map(
    (number) => html` · <a href="/${fullName(repository)}/pull/${number}">#${number}</a>`,
  );
  return html`<h1>${outcome(run.status, run.conclusion)} ${run.title}</h1><p class="dim">${run.name} #${run.number} · ${run.event} by ${run.actor.login} · ${run.conclusion ?? run.status} · <code>${run.headSha.slice(0, 7)}</code>${pulls}</p>
${jobs}${artifacts.length === 0 ? null : html`<h2>Artifacts</h2><section class="box">${artifacts}</section>`}`;
}
