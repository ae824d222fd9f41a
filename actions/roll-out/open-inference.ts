import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Probe, readProbe } from '../../core/formats/probe.ts';
import type { TrafficCount } from '../../core/formats/record.ts';
import { GreenlightError, messageOf } from '../../core/kernel/errors.ts';
import { digestFile } from '../../core/toolkit/digest.ts';
import { writeWhole } from '../../core/toolkit/files.ts';
import {
  type Placeable,
  type Readiness,
  type Shares,
  servedName,
  type Target,
  type Traffic,
} from './target.ts';

/** Deadlines of a call and of loading a model, milliseconds. */
const CALL = 10_000;
const LOAD = 30_000;

/** A server of the Open Inference Protocol v2 with its repository extension, and the router API of examples/serving. */
export interface OpenInferenceServer {
  readonly url: string;
  /** The server's model folder as this process sees it. */
  readonly models: string;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A model on a server of the Open Inference Protocol. */
export function openInference(server: OpenInferenceServer, model: string): Target {
  const base = server.url.replace(/\/$/, '');
  const folderOf = (served: string): string => path.join(server.models, served);

  async function ask(method: string, route: string, body?: unknown, deadline = CALL): Promise<Answer> {
    try {
      const response = await fetch(`${base}${route}`, {
        method,
        signal: AbortSignal.timeout(deadline),
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true;
      return { status: response.status, body: isJson ? JSON.parse(text) : text };
    } catch (cause) {
      throw new GreenlightError({
        code: 'target/unreachable',
        message: `the inference server did not answer ${method} ${route}: ${reasonOf(cause)}`,
        mend: 'nothing was rejected; the next run goes on from here when the server answers',
        cause,
      });
    }
  }

  async function must(method: string, route: string, body?: unknown, deadline = CALL): Promise<unknown> {
    const answer = await ask(method, route, body, deadline);
    if (answer.status < 300) return answer.body;
    throw refused(`${method} ${route}`, answer);
  }

  return {
    async place(digest, release: Placeable) {
      const served = servedName(model, digest);
      const file = path.join(folderOf(served), 'model.onnx');
      const present = existsSync(file) && (await digestFile(file)).sha256 === digest;
      if (!present) await release.bring(file);
      await writeWhole(path.join(folderOf(served), 'probe.json'), release.probe);
      await must('POST', `/v2/repository/models/${served}/load`, {}, LOAD);
    },

    async ready(digest): Promise<Readiness> {
      const served = servedName(model, digest);
      const metadata = await ask('GET', `/v2/models/${served}`);
      if (metadata.status === 404 || metadata.status === 400) return 'absent';
      if (metadata.status >= 300) throw refused(`GET /v2/models/${served}`, metadata);
      const shown = (metadata.body as { parameters?: { sha256?: unknown } }).parameters?.sha256;
      // A server need not show a digest; one that shows another serves other bytes under this name.
      if (shown !== undefined && shown !== digest) return 'absent';
      if ((await ask('GET', `/v2/models/${served}/ready`)).status >= 300) return 'absent';
      const probe = await storedProbe(folderOf(served), digest);
      if (probe === undefined) return 'absent';
      const answer = await must('POST', `/v2/models/${served}/infer`, { inputs: probe.inputs });
      return answersAsExpected(answer, probe) ? 'ready' : 'wrong-answers';
    },

    async weight(generation, shares: Shares) {
      const weights = Object.fromEntries(
        Object.entries(shares).map(([digest, percent]) => [servedName(model, digest), percent]),
      );
      const answer = await ask('PUT', `/router/${model}`, { generation, weights });
      if (answer.status === 409) {
        throw new GreenlightError({
          code: 'target/stale',
          message: `the inference server has weights of a later ledger record than ${generation}`,
          mend: 'another run was faster; the next run decides from what is there now',
        });
      }
      if (answer.status >= 300) throw refused(`PUT /router/${model}`, answer);
    },

    async observe(): Promise<Traffic> {
      const router = await ask('GET', `/router/${model}`);
      if (router.status >= 300 && router.status !== 404) throw refused(`GET /router/${model}`, router);
      const { generation, weights = {} } = (router.status === 404 ? {} : router.body) as {
        generation?: number;
        weights?: Record<string, number>;
      };
      const index = (await must('POST', '/v2/repository/index', {})) as { name: string; state?: string }[];
      const ours = new RegExp(`^${model}-[0-9a-f]{12}$`);
      return {
        generation,
        weights: new Map(Object.entries(weights).filter(([, percent]) => percent > 0)),
        counts: readCounts(String(await must('GET', '/metrics')), model),
        placed: index.map(({ name }) => name).filter((name) => ours.test(name)),
      };
    },

    async withdraw(served) {
      const answer = await ask('POST', `/v2/repository/models/${served}/unload`, {});
      if (answer.status >= 300 && answer.status !== 404)
        throw refused(`POST /v2/repository/models/${served}/unload`, answer);
      await rm(folderOf(served), { recursive: true, force: true });
    },
  };
}

/** The requests and errors of one router in the Prometheus text format, by served model. */
export function readCounts(metrics: string, router: string): ReadonlyMap<string, TrafficCount> {
  const counts = new Map<string, TrafficCount>();
  for (const line of metrics.split('\n')) {
    const [, name, labels = '', value = ''] =
      /^(requests_total|errors_total)\{([^}]*)\} (\d+)$/.exec(line) ?? [];
    if (name === undefined || label(labels, 'router') !== router) continue;
    const served = label(labels, 'model') ?? '';
    const before = counts.get(served) ?? { requests: 0, errors: 0 };
    const key = name === 'requests_total' ? 'requests' : 'errors';
    counts.set(served, { ...before, [key]: Number(value) });
  }
  return counts;
}

function label(labels: string, name: string): string | undefined {
  return new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1];
}

async function storedProbe(folder: string, digest: string): Promise<Probe | undefined> {
  const file = path.join(folder, 'probe.json');
  if (!existsSync(file)) return undefined;
  const probe = readProbe(await readFile(file, 'utf8'), 'probe.json');
  return probe.digest === digest ? probe : undefined;
}

/** Whether an answer of the protocol has the probe's output, each value within the tolerance. */
function answersAsExpected(answer: unknown, { output, expected, tolerance }: Probe): boolean {
  const { outputs = [] } = answer as { outputs?: { name: string; data?: unknown[] }[] };
  const data = outputs.find(({ name }) => name === output)?.data?.map(Number);
  if (data === undefined || data.length !== expected.length) return false;
  // Written so that a NaN is no match.
  return expected.every((value, index) => Math.abs((data[index] ?? Number.NaN) - value) <= tolerance);
}

function refused(call: string, { status, body }: Answer): GreenlightError {
  const said = typeof body === 'object' && body !== null && 'error' in body ? `: ${String(body.error)}` : '';
  return new GreenlightError({
    code: 'target/refused',
    message: `the inference server answered ${status} to ${call}${said}`,
  });
}

function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause instanceof Error ? cause.message || messageOf(thrown) : messageOf(thrown);
}
