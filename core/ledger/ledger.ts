import { setTimeout as delay } from 'node:timers/promises';
import { GreenlightError, userErrors } from '../kernel/errors.ts';
import { type ExecResult, exec } from '../toolkit/exec.ts';
import type { Git } from '../toolkit/git.ts';
import { type Github, statusOf } from '../toolkit/github.ts';
import type { Log } from '../toolkit/log.ts';
import { now, timestamp } from '../toolkit/time.ts';
import {
  type LedgerFile,
  type LedgerKey,
  type NewRecord,
  nextRecord,
  type StoredRecord,
  sameKey,
  verifyChains,
} from './chain.ts';

export type { LedgerKey, NewRecord, StoredRecord } from './chain.ts';
export {
  lastProgress,
  live,
  type Progress,
  previousLive,
  rejected,
  rollbackTarget,
  rolledBack,
  soakedSince,
} from './history.ts';

/** The branch that holds the ledger: an orphan that only ever grows. */
export const LEDGER_BRANCH = 'greenlight/ledger';
const TRACKED = `refs/remotes/origin/${LEDGER_BRANCH}`;

/** Codes of a ledger that could not be asked. */
const TELLS_NOTHING: ReadonlySet<string> = new Set(['ledger/unreachable', 'ledger/not-fetched']);

/** How often an append is built anew after another writer was faster. */
const ATTEMPTS = 6;

/** The ledger as it was at one commit of its branch, every chain verified. */
export interface Ledger {
  /** The commit and its tree; undefined where the branch does not exist yet, which is the empty ledger. */
  readonly head: { readonly commit: string; readonly tree: string } | undefined;
  /** The records of one (environment, model), oldest first. */
  records(environment: string, model: string): readonly StoredRecord[];
  /** Every (environment, model) that has records, in the order of their names. */
  keys(): readonly LedgerKey[];
  /** The ledger as it is now. */
  again(): Promise<Ledger>;
}

export interface ReadOptions {
  /** Asks the remote `origin` first; false reads what was fetched last. */
  readonly fetch: boolean;
  /** For git's own request to GITHUB_SERVER_URL; without it git's own credentials hold. */
  readonly token?: string | undefined;
}

/**
 * Reads the ledger through git. A branch that the remote does not have is the empty ledger; a remote that can't be asked is
 * `ledger/unreachable`, a branch that lost or changed records is `ledger/rewritten`, a chain that does not hold `ledger/broken-chain`.
 */
export async function readLedger(git: Git, options: ReadOptions): Promise<Ledger> {
  const again = (): Promise<Ledger> => readLedger(git, { ...options, fetch: true });
  const commit = options.fetch ? await fetchHead(git, options.token) : await trackedHead(git);
  if (commit === undefined) {
    if (options.fetch) return makeLedger(undefined, [], again);
    throw new GreenlightError({
      code: 'ledger/not-fetched',
      message: `the branch ${LEDGER_BRANCH} was never fetched here, so what is live is not known`,
      mend: `git fetch origin ${LEDGER_BRANCH}:${TRACKED}`,
    });
  }
  const tree = await git.run('rev-parse', `${commit}^{tree}`);
  const chains = verifyChains(await readFiles(git, commit));
  await requireOnlyAdditions(git, commit);
  return makeLedger({ commit, tree }, chains, again);
}

/** {@link readLedger} of the remote, or, where that can't be reached, of what was fetched last; `log` hears of it. */
export async function readLedgerAnyhow(git: Git, token: string | undefined, log: Log): Promise<Ledger> {
  try {
    return await readLedger(git, { fetch: true, token });
  } catch (error) {
    if (!(error instanceof GreenlightError) || error.code !== 'ledger/unreachable') throw error;
    const ledger = await readLedger(git, { fetch: false });
    log.warn(`${error.message}; this is the ledger as it was fetched last`);
    return ledger;
  }
}

/** {@link readLedgerAnyhow}, with a ledger whose records do not hold as a value: that is a finding of who verifies. */
export async function readLedgerOrBroken(
  git: Git,
  token: string | undefined,
  log: Log,
): Promise<Ledger | GreenlightError> {
  try {
    return await readLedgerAnyhow(git, token, log);
  } catch (error) {
    const [first] = userErrors(error);
    if (first === undefined || TELLS_NOTHING.has(first.code) || !first.code.startsWith('ledger/'))
      throw error;
    return first;
  }
}

/**
 * Adds a record through the API: compare-and-swap on the branch, never forced. When another writer was faster the record is
 * rebuilt on the new head; when that writer wrote to the same (environment, model), `ledger/conflict` says that what was decided
 * must be decided again. Gives the ledger with the record in it.
 */
export async function append(github: Github, ledger: Ledger, event: NewRecord): Promise<Ledger> {
  const { environment, model } = event;
  const expected = ledger.records(environment, model);
  let base = ledger;
  let head = await remoteHead(github);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (base.head?.commit !== head) base = await ledger.again();
    const found = base.records(environment, model);
    if (found.length !== expected.length || found.at(-1)?.sha256 !== expected.at(-1)?.sha256)
      throw conflict(event);
    const record = nextRecord(expected, event, timestamp(now()));
    const written = await commitRecord(github, base, record);
    if (await moveBranch(github, base.head === undefined, written.commit))
      return withRecord(base, written, record);
    // Give the faster writer's next steps room, so that two of them do not chase each other.
    await delay(20 * attempt);
    head = await remoteHead(github);
    if (head === written.commit) return withRecord(base, written, record);
  }
  throw new GreenlightError({
    code: 'ledger/busy',
    message: `the branch ${LEDGER_BRANCH} moved ${ATTEMPTS} times while record ${expected.length + 1} of ${environment}/${model} was written`,
    mend: 'run this again',
  });
}

function makeLedger(
  head: Ledger['head'],
  chains: readonly (readonly StoredRecord[])[],
  again: () => Promise<Ledger>,
): Ledger {
  const named = chains.flatMap((records) =>
    records.slice(0, 1).map(({ environment, model }) => ({ environment, model, records })),
  );
  return {
    head,
    records: (environment, model) =>
      named.find((chain) => sameKey(chain, { environment, model }))?.records ?? [],
    keys: () =>
      named
        .map(({ environment, model }) => ({ environment, model }))
        .sort((a, b) => (`${a.environment}/${a.model}` < `${b.environment}/${b.model}` ? -1 : 1)),
    again,
  };
}

function withRecord(
  ledger: Ledger,
  head: Ledger['head'],
  added: StoredRecord & { readonly text: string },
): Ledger {
  const { text: _, ...record } = added;
  const others = ledger.keys().filter((key) => !sameKey(key, record));
  const chains = others.map((key) => ledger.records(key.environment, key.model));
  return makeLedger(
    head,
    [...chains, [...ledger.records(record.environment, record.model), record]],
    ledger.again,
  );
}

async function commitRecord(
  github: Github,
  base: Ledger,
  record: StoredRecord & { readonly text: string },
): Promise<{ commit: string; tree: string }> {
  const { owner, repo } = github;
  const tree = await github.attempt('write to the ledger', (octokit) =>
    octokit.rest.git.createTree({
      owner,
      repo,
      ...(base.head === undefined ? {} : { base_tree: base.head.tree }),
      tree: [{ path: record.file, mode: '100644', type: 'blob', content: record.text }],
    }),
  );
  // Without an author GitHub signs the commit.
  const commit = await github.attempt('write to the ledger', (octokit) =>
    octokit.rest.git.createCommit({
      owner,
      repo,
      message: `${record.environment}: ${record.kind} ${record.model} ${record.digest.slice(0, 12)}`,
      tree: tree.data.sha,
      parents: base.head === undefined ? [] : [base.head.commit],
    }),
  );
  return { commit: commit.data.sha, tree: tree.data.sha };
}

/** True where the branch now ends in `commit`; false where another writer was faster. */
async function moveBranch(github: Github, absent: boolean, commit: string): Promise<boolean> {
  const { owner, repo } = github;
  try {
    await github.attempt<unknown>('move the ledger', (octokit) =>
      absent
        ? octokit.rest.git.createRef({ owner, repo, ref: `refs/heads/${LEDGER_BRANCH}`, sha: commit })
        : octokit.rest.git.updateRef({
            owner,
            repo,
            ref: `heads/${LEDGER_BRANCH}`,
            sha: commit,
            force: false,
          }),
    );
    return true;
  } catch (error) {
    const status = statusOf(error);
    if (status === 422 || status === 409) return false;
    throw error;
  }
}

async function remoteHead(github: Github): Promise<string | undefined> {
  const { owner, repo } = github;
  const found = await github.find('read the ledger', (octokit) =>
    octokit.rest.git.getRef({ owner, repo, ref: `heads/${LEDGER_BRANCH}` }),
  );
  return found?.data.object.sha;
}

function conflict(event: NewRecord): GreenlightError {
  return new GreenlightError({
    code: 'ledger/conflict',
    message: `another run wrote to the ledger of ${event.environment}/${event.model} first`,
    mend: 'nothing was recorded; the next run decides from what is there now',
  });
}

async function fetchHead(git: Git, token: string | undefined): Promise<string | undefined> {
  const env = gitEnvironment(token);
  const ask = (...args: string[]): Promise<ExecResult> => exec('git', ['-C', git.root, ...args], { env });
  const listed = await ask('ls-remote', 'origin', `refs/heads/${LEDGER_BRANCH}`);
  if (listed.code !== 0) {
    throw new GreenlightError({
      code: 'ledger/unreachable',
      message: `the ledger can't be read: ${listed.stderr.trim()}`,
      mend: 'check that the remote `origin` can be reached and that the token may read contents',
    });
  }
  const tracked = await trackedHead(git);
  const [commit = ''] = listed.stdout.toString('utf8').split('\t');
  if (commit === '') {
    if (tracked === undefined) return undefined;
    throw rewritten(`the branch ${LEDGER_BRANCH} was there and is gone`);
  }
  if (commit === tracked) return commit;
  // No leading `+`: git refuses an update that is not a fast-forward.
  const refspec = `refs/heads/${LEDGER_BRANCH}:${TRACKED}`;
  let fetched = await ask('fetch', '--no-tags', 'origin', refspec);
  // Another process of this checkout moved the ref between our reading and our locking it: ask once more.
  if (/cannot lock ref/.test(fetched.stderr)) fetched = await ask('fetch', '--no-tags', 'origin', refspec);
  if (fetched.code !== 0) {
    if (/\[rejected\]/.test(fetched.stderr)) throw rewritten(`the branch ${LEDGER_BRANCH} was forced`);
    throw new GreenlightError({
      code: 'ledger/unreachable',
      message: `the ledger can't be fetched: ${fetched.stderr.trim()}`,
    });
  }
  return trackedHead(git);
}

async function trackedHead(git: Git): Promise<string | undefined> {
  const result = await git.try('rev-parse', '--verify', '--quiet', `${TRACKED}^{commit}`);
  return result.code === 0 ? result.stdout.toString('utf8').trim() : undefined;
}

function rewritten(message: string): GreenlightError {
  return new GreenlightError({
    code: 'ledger/rewritten',
    message,
    mend: `find out who did it and put the branch back; a ruleset on ${LEDGER_BRANCH} can forbid deletion and force pushes`,
  });
}

/** The chain holds all records but the newest, which no other names: so no commit may do anything to a record but add it. */
async function requireOnlyAdditions(git: Git, commit: string): Promise<void> {
  const other = ['log', '-1', '--format=', '--no-renames', '--diff-filter=a', '--name-only', '-m', '--root'];
  const [file] = (await git.run(...other, commit)).split('\n').filter((line) => line !== '');
  if (file !== undefined)
    throw rewritten(`the ledger’s record ${file} was changed or removed after it had been written`);
}

async function readFiles(git: Git, commit: string): Promise<readonly LedgerFile[]> {
  const listed = (await git.run('ls-tree', '-r', '-z', commit)).split('\0').filter((line) => line !== '');
  const entries = listed.map((line) => {
    const [attributes = '', file = ''] = line.split('\t');
    return { file, object: attributes.split(' ')[2] ?? '' };
  });
  const input = entries.map((entry) => `${entry.object}\n`).join('');
  const batch = await exec('git', ['-C', git.root, 'cat-file', '--batch'], { input });
  if (batch.code !== 0)
    throw new GreenlightError({ code: 'git/failed', message: `git cat-file failed: ${batch.stderr.trim()}` });
  let offset = 0;
  return entries.map(({ file, object }) => {
    // `<object> blob <size>\n<content>\n`
    const end = batch.stdout.indexOf(10, offset);
    const size = Number(batch.stdout.toString('utf8', offset, end).split(' ')[2]);
    if (end < 0 || !Number.isInteger(size)) {
      throw new GreenlightError({
        code: 'git/failed',
        message: `git could not read ${file} of the ledger (${object})`,
      });
    }
    offset = end + 1 + size + 1;
    return { file, text: batch.stdout.toString('utf8', end + 1, end + 1 + size) };
  });
}

/** Git's environment with the token as a header of requests to the GitHub server alone, in place of what a checkout left there. */
function gitEnvironment(token: string | undefined): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' };
  if (token === undefined) return env;
  const key = `http.${process.env.GITHUB_SERVER_URL ?? 'https://github.com'}/.extraheader`;
  const values = ['', `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`];
  let count = Number(env.GIT_CONFIG_COUNT ?? 0);
  for (const value of values) {
    env[`GIT_CONFIG_KEY_${count}`] = key;
    env[`GIT_CONFIG_VALUE_${count}`] = value;
    count++;
  }
  env.GIT_CONFIG_COUNT = String(count);
  return env;
}
