import path from 'node:path';
import { parseArgs } from 'node:util';
import { LOCK_FILE, readLock } from '../core/formats/lock.ts';
import { GreenlightError, messageOf } from '../core/kernel/errors.ts';
import { EXIT_CODES } from '../core/kernel/verdict.ts';
import { firstBroken, type Link, walkChain } from '../core/ledger/chain-of-evidence.ts';
import { type Ledger, readLedgerOrBroken } from '../core/ledger/ledger.ts';
import { downloadRelease } from '../core/ledger/releases.ts';
import type { Host } from '../core/toolkit/host.ts';

const USAGE = 'greenlight verify <digest> [--model MODEL] [--data] [--release-dir DIR] [--token TOKEN]';

/** `greenlight verify`: walks the chain of a digest from traffic back to data and names the first link that does not hold. */
export default async function verify(args: readonly string[], host: Host): Promise<number> {
  const { digest: given, model: named, data, releaseDir, token } = readArgs(args);
  const ledger = await readLedgerOrBroken(host.git, token, host.log);
  const { model, digest } = await identify(given, named, ledger, host);
  const github = releaseDir === undefined ? await host.github(token) : undefined;
  const { links } = await walkChain(
    { model, digest },
    {
      git: host.git,
      ledger,
      release:
        github === undefined
          ? path.resolve(host.root, releaseDir ?? '')
          : (folder) => downloadRelease(github, model, digest, folder),
      data: data ? 'all' : 'present',
    },
  );
  process.stdout.write(chainText(model, digest, links));
  return firstBroken(links) === undefined ? EXIT_CODES.pass : EXIT_CODES.fail;
}

/** The chain as a terminal shows it, the first broken link named last. */
export function chainText(model: string, digest: string, links: readonly Link[]): string {
  const signs = { holds: '✓', broken: '✗', unreached: '·' } as const;
  const lines = links.flatMap((link) => [
    `${signs[link.state]} ${titleOf(link)}${link.state === 'unreached' ? ': not reached' : ''}`,
    ...link.problems.map((problem) => `    ✗ ${problem}`),
    ...link.restsOn.map((sentence) => `    ${sentence}`),
  ]);
  const broken = firstBroken(links);
  const end =
    broken === undefined
      ? 'The chain holds, from traffic back to data. Its statements are unsigned: it is as safe as the repository and its releases.'
      : `The chain is broken at: ${titleOf(broken)}${broken.problems.length === 0 ? '' : `: ${broken.problems[0]}`}`;
  return [`${model} ${digest}`, '', ...lines, '', end, ''].join('\n');
}

function titleOf({ name, environment }: Link): string {
  return environment === undefined ? name : `${name} in ${environment}`;
}

interface Arguments {
  readonly digest: string;
  readonly model: string | undefined;
  readonly data: boolean;
  readonly releaseDir: string | undefined;
  readonly token: string | undefined;
}

function readArgs(args: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        model: { type: 'string' },
        data: { type: 'boolean', default: false },
        'release-dir': { type: 'string' },
        token: { type: 'string' },
      },
    });
    const [first = '', ...more] = positionals;
    const digest = first.replace(/^sha256:/, '').toLowerCase();
    if (more.length > 0 || !/^[0-9a-f]{12,64}$/.test(digest))
      throw new Error('it takes one sha256, or its first 12 hex digits or more');
    return {
      digest,
      model: values.model,
      data: values.data,
      releaseDir: values['release-dir'],
      token: values.token ?? process.env['GITHUB_TOKEN'],
    };
  } catch (cause) {
    throw new GreenlightError({ code: 'cli/bad-flag', message: messageOf(cause), mend: USAGE, cause });
  }
}

/** The one digest, and its model, that the ledger or the checkout's lock knows by these first digits. */
async function identify(
  given: string,
  named: string | undefined,
  ledger: Ledger | GreenlightError,
  host: Host,
): Promise<{ model: string; digest: string }> {
  const known = new Map<string, { model: string; digest: string }>();
  const add = (model: string, digest: string): void => {
    if (digest.startsWith(given) && (named === undefined || named === model))
      known.set(`${model} ${digest}`, { model, digest });
  };
  if ('records' in ledger) {
    for (const { environment, model } of ledger.keys())
      for (const { digest } of ledger.records(environment, model)) add(model, digest);
  }
  const text = await host.git.show('HEAD', LOCK_FILE);
  const locked = text === undefined ? {} : readLock(text).models;
  for (const [model, lock] of Object.entries(locked)) if (lock !== undefined) add(model, lock.model.sha256);
  const [only, ...others] = [...known.values()];
  if (only !== undefined && others.length === 0) return only;
  if (only === undefined && given.length === 64)
    return { model: named ?? (await host.model(undefined)).name, digest: given };
  throw new GreenlightError({
    code: only === undefined ? 'verify/unknown-digest' : 'verify/ambiguous-digest',
    message:
      only === undefined
        ? `neither the ledger nor ${LOCK_FILE} knows a model whose sha256 begins with ${given}`
        : `${given} can be ${[...known.keys()].join(' or ')}`,
    mend:
      only === undefined
        ? 'give all 64 digits, or a digest of `greenlight history`'
        : 'say which: more digits, or --model',
  });
}
