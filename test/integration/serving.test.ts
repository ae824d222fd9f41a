import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startClient } from '../../examples/serving/client.mjs';
import { createServer } from '../../examples/serving/server.mjs';
import { answerOf, place, row, tinyModel } from './serving-support.ts';

const one = tinyModel(0.5);
const two = tinyModel(-0.25);
let folder: string;
let server: Awaited<ReturnType<typeof createServer>>;
let failing: string | undefined;

const start = (): ReturnType<typeof createServer> =>
  createServer({
    models: folder,
    onInfer(served, router) {
      if (router !== undefined && served === failing) throw new Error('injected');
    },
  });

async function call(method: string, route: string, body?: unknown): Promise<{ status: number; body: never }> {
  const response = await fetch(server.url + route, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as never };
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'serving-'));
  await place(folder, 'm-one', one.bytes);
  await place(folder, 'm-two', two.bytes);
  failing = undefined;
  server = await start();
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

describe('the Open Inference Protocol', () => {
  it('shows the sha256 of what it serves and answers', async () => {
    expect(await call('GET', '/v2/models/m-one')).toMatchObject({
      status: 200,
      body: {
        inputs: [{ name: 'distance', datatype: 'FP32', shape: [-1, 1] }],
        outputs: [{ name: 'late', datatype: 'FP32' }],
        parameters: { sha256: one.digest },
      },
    });
    const answer = await call('POST', '/v2/models/m-one/infer', { id: 'x', inputs: row(3) });
    expect(answer).toMatchObject({ status: 200, body: { model_name: 'm-one', id: 'x' } });
    const [output] = (answer.body as { outputs: { data: number[] }[] }).outputs;
    expect(output?.data[0]).toBeCloseTo(answerOf(0.5, 3), 6);
  });

  it('loads, unloads and says why a file is no model', async () => {
    await place(folder, 'm-bad', new TextEncoder().encode('no model'));
    expect((await call('POST', '/v2/repository/models/m-bad/load')).status).toBe(400);
    expect((await call('POST', '/v2/repository/models/m-none/load')).status).toBe(404);
    expect((await call('POST', '/v2/repository/models/m-two/unload')).status).toBe(200);
    expect((await call('GET', '/v2/models/m-two/ready')).status).toBe(404);
    expect(await call('POST', '/v2/repository/index')).toMatchObject({
      body: [
        { name: 'm-bad', state: 'UNAVAILABLE' },
        { name: 'm-one', state: 'READY' },
        { name: 'm-two', state: 'UNAVAILABLE' },
      ],
    });
    await place(folder, 'm-two', one.bytes);
    await call('POST', '/v2/repository/models/m-two/load');
    expect(await call('GET', '/v2/models/m-two')).toMatchObject({
      body: { parameters: { sha256: one.digest } },
    });
  });

  it('tells a bad request from its own fault', async () => {
    for (const body of [
      { inputs: [] },
      { inputs: [{ ...row(1)[0], shape: [2, 1] }] },
      { inputs: [{ ...row(1)[0], datatype: 'X' }] },
    ]) {
      expect((await call('POST', '/v2/models/m-one/infer', body)).status).toBe(400);
    }
    expect((await call('DELETE', '/v2/models/m-one')).status).toBe(405);
    expect((await call('GET', '/v2/models/..%2f..')).status).toBe(404);
  });
});

describe('a router', () => {
  const put = (generation: number, weights: Record<string, number>): Promise<{ status: number }> =>
    call('PUT', '/router/m', { generation, weights });

  it('gives each model exactly its weight of any hundred requests', async () => {
    await put(1, { 'm-one': 95, 'm-two': 5 });
    const served: Record<string, number> = {};
    for (let index = 0; index < 100; index++) {
      const { body } = await call('POST', '/v2/models/m/infer', { inputs: row(1) });
      const name = (body as { model_name: string }).model_name;
      served[name] = (served[name] ?? 0) + 1;
    }
    expect(served).toEqual({ 'm-one': 95, 'm-two': 5 });
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('requests_total{router="m",model="m-two"} 5\n');
    expect(metrics).toContain('request_duration_seconds_bucket{router="m",model="m-one",le="+Inf"} 95\n');
  });

  it('refuses an older generation, weights that are not a whole, and models that are not there', async () => {
    expect((await put(4, { 'm-one': 100 })).status).toBe(200);
    expect((await put(3, { 'm-two': 100 })).status).toBe(409);
    expect((await put(4, { 'm-one': 50, 'm-two': 50 })).status).toBe(200);
    expect((await put(5, { 'm-one': 50 })).status).toBe(400);
    expect((await put(5, { 'm-one': 50, 'm-none': 50 })).status).toBe(400);
    expect(await call('GET', '/router/m')).toMatchObject({
      body: { generation: 4, weights: { 'm-one': 50, 'm-two': 50 } },
    });
  });

  it('keeps its weights over a restart', async () => {
    await put(9, { 'm-one': 75, 'm-two': 25 });
    await server.close();
    server = await start();
    expect(await call('GET', '/router/m')).toMatchObject({
      body: { generation: 9, weights: { 'm-one': 75, 'm-two': 25 } },
    });
    expect((await put(8, { 'm-one': 100 })).status).toBe(409);
    expect((await call('POST', '/v2/models/m/infer', { inputs: row(1) })).status).toBe(200);
  });

  it('counts failures of one model, which the client sees', async () => {
    await put(1, { 'm-one': 80, 'm-two': 20 });
    failing = 'm-two';
    const client = startClient({ url: server.url, router: 'm', rows: [row(1), row(2)], perSecond: 1000 });
    while (client.counts.ok + client.counts.failed < 100)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await client.stop();
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(client.counts.failed).toBeGreaterThanOrEqual(18);
    expect(client.counts.served).toEqual({ 'm-one': client.counts.ok });
    expect(metrics).toContain(`errors_total{router="m",model="m-two"} ${client.counts.failed}\n`);
    expect(metrics).toContain('errors_total{router="m",model="m-one"} 0\n');
  });

  it('does not start from a router file that it cannot read', async () => {
    await server.close();
    await writeFile(path.join(folder, 'router.json'), '{');
    await expect(start()).rejects.toThrow();
    await rm(path.join(folder, 'router.json'));
    server = await start();
  });
});
