import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createServer } from '../../examples/serving/server.mjs';
import { createForge } from '../forge/forge.ts';
import { createRunner, type Runner } from '../forge/runner/runner.ts';
import type { Forge, RunRecord } from '../forge/types.ts';
import type { Narrator } from './narrator.ts';
import { Person, type Repository } from './person.ts';

export const ROOT = path.resolve(import.meta.dirname, '../..');
const EXAMPLE = path.join(ROOT, 'examples', 'flight-delay');
const PACK = 'greenlight/greenlight';
export const REPOSITORY: Repository = { owner: 'model-owner', repo: 'flight-delay' };

/** An inference server of one environment. */
export interface Serving {
  readonly url: string;
  /** The name of a served model whose requests through the router end in 5xx. */
  broken: string | undefined;
  close(): Promise<void>;
}

/** Everything that the story is played on. */
export interface Stage {
  readonly forge: Forge;
  readonly runner: Runner;
  readonly folder: string;
  readonly people: Readonly<Record<'owner' | 'scientist' | 'risk' | 'ops', Person>>;
  readonly serving: Readonly<Record<'staging' | 'production', Serving>>;
  /** Waits until no run is left, and fails on whatever the forge or the runner did not know. */
  settle(): Promise<void>;
  /** The newest run of a workflow. */
  latest(workflow: string): RunRecord | undefined;
  close(): Promise<void>;
}

/**
 * Sets the stage: the forge with the pack and the model's repository, people with their rights, a ruleset, two inference servers. Its folder
 * lies inside this checkout, whose node_modules are to the jobs what the packages of a runner's image are.
 */
export async function setStage(startAt: Date, narrator: Narrator): Promise<Stage> {
  await mkdir(path.join(ROOT, '.greenlight'), { recursive: true });
  const folder = await mkdtemp(path.join(ROOT, '.greenlight', 'demo-'));
  const forge = await createForge({ root: path.join(folder, 'git'), startAt });
  const runner = createRunner(forge, {
    workRoot: path.join(folder, 'work'),
    nodeBin: process.execPath,
    parallel: 2,
    onProgress: (progress) => {
      if (progress.kind === 'step')
        narrator.doing(`${progress.run.name} / ${progress.job.name} / ${progress.step.name}`);
    },
  });
  for (const login of ['greenlight', 'model-owner', 'data-scientist', 'risk-reviewer', 'ops-reviewer'])
    forge.createUser(login);
  const name = `${REPOSITORY.owner}/${REPOSITORY.repo}`;
  await forge.createRepository({ name: PACK });
  await forge.createRepository({
    name,
    rights: { 'data-scientist': 'write', 'risk-reviewer': 'write', 'ops-reviewer': 'write' },
    actionsMayCreatePullRequests: true,
    deleteBranchOnMerge: true,
    immutableReleases: true,
  });
  const serving = {
    staging: await startServing(path.join(folder, 'serving-staging')),
    production: await startServing(path.join(folder, 'serving-production')),
  };
  const person = (login: string) => Person.make(forge, folder, REPOSITORY, login);
  const stage: Stage = {
    forge,
    runner,
    folder,
    serving,
    people: {
      owner: await person('model-owner'),
      scientist: await person('data-scientist'),
      risk: await person('risk-reviewer'),
      ops: await person('ops-reviewer'),
    },
    async settle() {
      await runner.idle();
      const unknown = [...runner.stops, ...forge.violations];
      if (unknown.length > 0)
        throw new Error(`the forge met something that it does not know:\n${unknown.join('\n')}`);
    },
    latest: (workflow) =>
      runner.runs.filter((run) => run.name === workflow && run.repository === name).at(-1),
    async close() {
      await runner.close();
      await serving.staging.close();
      await serving.production.close();
      await forge.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  const pack = await publishPack(forge, folder);
  await layRepository(stage, pack);
  return stage;
}

async function startServing(models: string): Promise<Serving> {
  await mkdir(models, { recursive: true });
  const serving = { broken: undefined as string | undefined };
  const server = await createServer({
    models,
    onInfer(served, router) {
      if (router !== undefined && served === serving.broken) throw new Error('out of memory');
    },
  });
  return Object.assign(serving, { url: server.url, models, close: () => server.close() });
}

/** The pack as its release tag holds it: actions, dist and workflows. Returns the commit that workflows pin. */
async function publishPack(forge: Forge, folder: string): Promise<string> {
  const maintainer = await Person.make(
    forge,
    folder,
    { owner: 'greenlight', repo: 'greenlight' },
    'greenlight',
  );
  for (const part of ['actions', 'dist', '.github/workflows']) {
    await cp(path.join(ROOT, part), path.join(maintainer.folder, part), { recursive: true });
  }
  await maintainer.commit('Release');
  await maintainer.push('main');
  return maintainer.git('rev-parse', 'HEAD');
}

/** The example's files and the templates' workflows on main, then the rules that the loop needs. */
async function layRepository({ people, serving, folder, runner }: Stage, pack: string): Promise<void> {
  const { owner } = people;
  await cp(EXAMPLE, owner.folder, {
    recursive: true,
    filter: (source) => !/[\\/](node_modules|data|model|\.greenlight)$/.test(source),
  });
  for (const workflow of [
    'model-pull-request',
    'model-report',
    'model-release',
    'model-roll-out',
    'model-monitor',
  ]) {
    const template = await readFile(
      path.join(ROOT, 'action-templates', '.github', 'workflows', `${workflow}.yml`),
      'utf8',
    );
    const target = path.join(owner.folder, '.github', 'workflows', `${workflow}.yml`);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(
      target,
      template.replaceAll('GREENLIGHT/greenlight', PACK).replaceAll('RELEASE_COMMIT', pack),
    );
  }
  const manifest = path.join(owner.folder, 'greenlight.yaml');
  const text = await readFile(manifest, 'utf8');
  await writeFile(
    manifest,
    text
      .replace('http://127.0.0.1:8081', serving.staging.url)
      .replace('/srv/models/staging', path.join(folder, 'serving-staging'))
      .replace('http://127.0.0.1:8082', serving.production.url)
      .replace('/srv/models/production', path.join(folder, 'serving-production')),
  );
  await owner.commit('Lay the repository');
  await owner.push('main');
  await owner.octokit.rest.repos.createRepoRuleset({
    ...REPOSITORY,
    name: 'main',
    enforcement: 'active',
    conditions: { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } },
    rules: [
      {
        type: 'pull_request',
        parameters: {
          required_approving_review_count: 0,
          require_code_owner_review: true,
          dismiss_stale_reviews_on_push: false,
          require_last_push_approval: false,
          required_review_thread_resolution: false,
        },
      },
    ],
  });
  await runner.idle();
}
