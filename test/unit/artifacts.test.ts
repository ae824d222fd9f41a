import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  artifactName,
  listArtifacts,
  readArtifact,
  reportArtifactName,
  uploadArtifact,
} from '../../core/toolkit/artifacts.ts';
import { connectGithub, type Github } from '../../core/toolkit/github.ts';

type Answer = Parameters<typeof createServer>[1];

let answer: NonNullable<Answer>;
let close: () => Promise<void>;
let github: Github;

beforeEach(async () => {
  const server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  const { port } = server.address() as AddressInfo;
  const env = { GITHUB_REPOSITORY: 'model-owner/flights', GITHUB_API_URL: `http://127.0.0.1:${port}` };
  github = connectGithub(env, 'token', { info: () => {}, warn: () => {} });
});

afterEach(() => close());

const artifact = { id: 5, name: 'greenlight-m-validate-data.json', expired: false };

describe('the name of an artifact', () => {
  it('is made of a model and an action', () => {
    expect(artifactName('flight-delay', 'validate-data')).toBe('greenlight-flight-delay-validate-data');
    expect(reportArtifactName('', 'detect-drift')).toBe('greenlight-repository-detect-drift.json');
  });

  it.each(['<script>', 'a|b', '../x', 'a b', 'A', 'ä', 'a\nb'])(
    'has nothing of %j, which names no model',
    (model) => {
      expect(artifactName(model, 'validate-data')).toBe('greenlight-repository-validate-data');
    },
  );
});

describe('an upload', () => {
  it('that fails is an error with its mend, not a bug, and leaves no file behind', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'artifacts-'));
    vi.stubEnv('TMPDIR', path.join(folder, 'tmp'));
    vi.stubEnv('ACTIONS_RUNTIME_TOKEN', 'none');
    vi.stubEnv('ACTIONS_RESULTS_URL', 'http://127.0.0.1:9');
    try {
      await mkdir(path.join(folder, 'tmp'));
      await mkdir(path.join(folder, 'out'));
      await writeFile(path.join(folder, 'out', 'report.json'), '{}');
      await expect(
        uploadArtifact('greenlight-m-validate-data', path.join(folder, 'out')),
      ).rejects.toMatchObject({
        code: 'artifact/not-uploaded',
        mend: 'run the job again',
      });
      expect(await readdir(path.join(folder, 'tmp'))).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('the artifacts of a run', () => {
  it('are the newest of each name', async () => {
    const listed = [
      { id: 3, name: 'b', expired: false },
      { id: 2, name: 'a', expired: true },
      { id: 1, name: 'b', expired: true },
    ];
    answer = (_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ total_count: 3, artifacts: listed }));
    };
    const found = await listArtifacts(github, 1);
    expect([...found].sort((a, b) => a.id - b.id)).toEqual([listed[1], listed[0]]);
  });
});

describe('the bytes of an artifact', () => {
  it('are those behind the redirect', async () => {
    answer = ({ url }, response) => {
      if (url === '/blob') response.end('bytes');
      else response.writeHead(302, { location: '/blob' }).end();
    };
    expect(String(await readArtifact(github, artifact, 5))).toBe('bytes');
    expect(await readArtifact(github, artifact, 4)).toBe('too-large');
  });

  it('are read no further than the limit, however many there are', async () => {
    let sent = 0;
    const ended = new Promise<void>((resolve) => {
      answer = (_, response) => {
        const more = (): void => {
          do sent += 65_536;
          while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        };
        response.on('drain', more).on('close', resolve);
        more();
      };
    });
    expect(await readArtifact(github, artifact, 1 << 20)).toBe('too-large');
    await ended;
    expect(sent).toBeLessThan(64 << 20);
  });

  it('are bounded as they are read, where the storage says that they are compressed', async () => {
    const gigabytes = Buffer.concat(Array<Buffer>(256).fill(gzipSync(Buffer.alloc(16 << 20))));
    answer = (_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gigabytes);
    };
    const memory = process.memoryUsage.rss();
    expect(await readArtifact(github, artifact, 1 << 20)).toBe('too-large');
    expect(process.memoryUsage.rss() - memory).toBeLessThan(256 << 20);
  });

  it('are gone where they have expired, or the server has them no longer', async () => {
    for (const status of [404, 410]) {
      answer = (_, response) => response.writeHead(status).end();
      expect(await readArtifact(github, artifact, 1)).toBe('gone');
    }
    answer = (_, response) => response.writeHead(500).end();
    expect(await readArtifact(github, { ...artifact, expired: true }, 1)).toBe('gone');
  });

  it('that break off are an error', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{', () => response.destroy());
    };
    await expect(readArtifact(github, artifact, 200)).rejects.toMatchObject({
      code: expect.stringMatching(/^github\//),
    });
  });
});
