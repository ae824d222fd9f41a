import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exec } from '../../core/toolkit/exec.ts';
import { expectThat } from './narrator.ts';
import type { Person } from './person.ts';
import { REPOSITORY, type Stage } from './stage.ts';

/** One byte that somebody changed, and what `greenlight verify` has to say of it. */
interface Forgery {
  readonly what: string;
  /** The link that breaks, and the words that tell why. */
  readonly link: string;
  readonly because: string;
  /** Changes the byte, in a copy of a clone. Returns what verify is told besides the digest. */
  forge(copy: Person, digest: string): Promise<readonly string[]>;
}

const FORGERIES: readonly Forgery[] = [
  {
    what: 'the name of who approved it, in the ledger',
    link: 'traffic',
    because: 'it names another predecessor',
    forge: (copy, digest) =>
      forgeLedger(copy, `-started-${digest.slice(0, 12)}`, (text) =>
        text.replace('"user": "risk-reviewer"', '"user": "risk-reviewes"'),
      ),
  },
  {
    what: 'the newest record of the ledger, which no other names',
    link: 'traffic',
    because: 'was changed or removed after it had been written',
    forge: (copy, digest) =>
      forgeLedger(copy, `-rollout-${digest.slice(0, 12)}`, (text) => text.replace('"at": "20', '"at": "21')),
  },
  {
    what: 'the model, among the assets of its release',
    link: 'release',
    because: 'flight-delay.onnx',
    forge: (copy, digest) => forgeAsset(copy, digest, 'flight-delay.onnx'),
  },
  {
    what: 'the verdict of its evaluation, among the same assets',
    link: 'release',
    because: 'evaluate-model-statement.json',
    forge: (copy, digest) => forgeAsset(copy, digest, 'evaluate-model-statement.json', '"pass"'),
  },
  {
    what: 'a row of the data that it was trained on',
    link: 'data',
    because: 'data/train.parquet',
    async forge(copy) {
      await changeByte(path.join(copy.folder, 'data', 'train.parquet'));
      return [];
    },
  },
];

/** Changes a byte of a record of production on top of the ledger's branch, which the copy then has from a remote of its own. */
async function forgeLedger(
  copy: Person,
  record: string,
  change: (text: string) => string,
): Promise<readonly string[]> {
  await copy.git('checkout', '--quiet', '--detach', 'origin/greenlight/ledger');
  const files = (await copy.git('ls-files', 'production')).split('\n');
  const name = files.findLast((file) => file.includes(record));
  expectThat(name !== undefined, `the ledger has no record ${record}`);
  const file = path.join(copy.folder, name ?? '');
  const text = await readFile(file, 'utf8');
  expectThat(change(text) !== text, `the record ${record} does not hold what was to be changed`);
  await writeFile(file, change(text));
  await copy.git('commit', '--quiet', '--all', '--message', 'Put another word there');
  const remote = `${copy.folder}.git`;
  await exec('git', ['init', '--quiet', '--bare', remote]);
  await copy.git('remote', 'set-url', 'origin', remote);
  await copy.push('greenlight/ledger');
  await copy.git('checkout', '--quiet', '-');
  return [];
}

/** Forges one byte at a time and has each forgery found. Returns a line for each: what was changed, and what verify said. */
export async function findForgeries(stage: Stage, digest: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [n, { what, link, because, forge }] of FORGERIES.entries()) {
    const copy = await stage.people.owner.copy(path.join(stage.folder, `forgery-${n + 1}`));
    const more = await forge(copy, digest);
    const { code, output } = await copy.greenlight('verify', digest, ...more);
    const [, line = '', broken] = /^The chain is broken at: (([a-z ]+): .*)$/m.exec(output) ?? [];
    expectThat(
      code === 1 && broken === link && line.includes(because),
      `a byte of ${what} was changed, and verify did not name ${link}, ${because} (exit code ${code}):\n${output}`,
    );
    found.push(`${what}: broken at ${line}`);
  }
  return found;
}

async function forgeAsset(
  copy: Person,
  digest: string,
  asset: string,
  text?: string,
): Promise<readonly string[]> {
  const folder = `${copy.folder}-release`;
  await mkdir(folder);
  const tag = `flight-delay-${digest.slice(0, 12)}`;
  const { repos } = copy.octokit.rest;
  const { data: release } = await repos.getReleaseByTag({ ...REPOSITORY, tag });
  for (const { id, name } of release.assets) {
    const headers = { accept: 'application/octet-stream' };
    const { data } = await repos.getReleaseAsset({ ...REPOSITORY, asset_id: id, headers });
    await writeFile(path.join(folder, name), Buffer.from(data as unknown as ArrayBuffer));
  }
  await changeByte(path.join(folder, asset), text);
  return ['--release-dir', folder];
}

/** Changes the last bit of a byte: of the last letter of a quoted `text` where it is given, else of the byte in the middle. */
async function changeByte(file: string, text?: string): Promise<void> {
  const bytes = await readFile(file);
  const found = text === undefined ? 0 : bytes.indexOf(text);
  expectThat(found >= 0, `${path.basename(file)} does not hold ${text}`);
  const at = text === undefined ? Math.floor(bytes.length / 2) : found + text.length - 2;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(file, bytes);
}
