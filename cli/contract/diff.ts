import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compare } from '../../actions/validate-data/compatibility/compare.ts';
import { changesPass, judgeChanges } from '../../actions/validate-data/compatibility/judge.ts';
import { changesHeadline, changesReport } from '../../actions/validate-data/compatibility/report.ts';
import { type Contract, readContract } from '../../core/formats/contract.ts';
import { readWaivers, WAIVERS_FILE, type Waiver } from '../../core/formats/waiver.ts';
import type { Report } from '../../core/kernel/blocks.ts';
import { GreenlightError, messageOf, userErrors } from '../../core/kernel/errors.ts';
import { EXIT_CODES } from '../../core/kernel/verdict.ts';
import { posix, readTextFile } from '../../core/toolkit/files.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { now } from '../../core/toolkit/time.ts';
import { renderText } from '../../reports/text.ts';

const USAGE = `greenlight contract diff OLD NEW [--waivers FILE]
OLD and NEW are files, or REVISION:FILE as git names them; OLD may be git:REVISION, which is NEW at that revision`;

/** `greenlight contract diff`: what changed between two contracts, whom it breaks, and whether waivers and version say so. */
export default async function diff(args: readonly string[], host: Host): Promise<number> {
  const { old: from, next: to, waivers: waiversFile } = readArgs(args);
  const { contract: next, path: nextPath } = await readSource(to, host);
  const { contract: old } = await readSource(
    from.startsWith('git:') ? `${from.slice('git:'.length)}:${nextPath}` : from,
    host,
  );
  const changes = compare(old, next);
  const versions = {
    old: old.document.version,
    next: next.document.version,
    place: next.placeOf(['version']),
  };
  const findings = judgeChanges(changes, versions, await waiversOf(waiversFile, host), now());
  const passes = changesPass(findings);
  const report: Report = {
    title: `Changes of ${next.file} against ${old.file}`,
    blocks: [
      { kind: 'verdict', verdict: passes ? 'pass' : 'fail', text: changesHeadline(changes, findings) },
      ...changesReport(changes, findings),
    ],
  };
  const { stdout } = process;
  const color = stdout.isTTY === true && process.env['NO_COLOR'] === undefined;
  stdout.write(renderText(report, { color, width: stdout.columns ?? 120 }));
  return passes ? EXIT_CODES.pass : EXIT_CODES.fail;
}

function readArgs(args: readonly string[]): { old: string; next: string; waivers: string | undefined } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { waivers: { type: 'string' } },
    });
    const [old, next, ...more] = positionals;
    if (old === undefined || next === undefined || more.length > 0) throw new Error('it takes two contracts');
    return { old, next, waivers: values.waivers };
  } catch (cause) {
    throw new GreenlightError({ code: 'cli/bad-flag', message: messageOf(cause), mend: USAGE, cause });
  }
}

interface Source {
  readonly contract: Contract;
  /** Its file as git names it after `REVISION:`. From the root of the repository, or with `./` from the working folder. */
  readonly path: string;
}

/** A contract in the working folder or, by `REVISION:FILE`, in git. */
async function readSource(source: string, host: Host): Promise<Source> {
  const [, revision, file] = /^([^:]+):(.+)$/s.exec(source) ?? [];
  if (revision === undefined || file === undefined || existsSync(path.resolve(host.root, source))) {
    const name = posix(path.relative(host.root, path.resolve(host.root, source)));
    const text = await readTextFile(host.root, source, 'the contract', name);
    return { contract: readContract(text, name), path: `./${name}` };
  }
  const name = `${revision}:${file.replace(/^\.\//, '')}`;
  const text = await showAt(revision, file, host);
  if (text === undefined) {
    throw new GreenlightError({ code: 'file/not-found', message: `the contract ${name} does not exist` });
  }
  return { contract: readContract(text, name), path: file };
}

async function showAt(revision: string, file: string, host: Host): Promise<string | undefined> {
  try {
    await host.git.commit(revision);
  } catch (cause) {
    if (userErrors(cause).length === 0) throw cause;
    throw new GreenlightError({
      code: 'contract/unknown-revision',
      message: `git knows no revision ${revision} here`,
      mend: 'fetch it first; a shallow checkout has only its own commit (`fetch-depth: 0`)',
      cause,
    });
  }
  return host.git.show(revision, file);
}

/** The waivers of the file that was named, else of the repository's file where it has one. */
async function waiversOf(named: string | undefined, host: Host): Promise<readonly Waiver[]> {
  const file = named ?? WAIVERS_FILE;
  if (named === undefined && !existsSync(path.resolve(host.root, file))) return [];
  return readWaivers(await readTextFile(host.root, file, 'the file of waivers'), file);
}
