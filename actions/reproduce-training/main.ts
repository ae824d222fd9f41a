import { rm } from 'node:fs/promises';
import path from 'node:path';
import { LOCK_FILE, type LockModel, withModel, writeLock } from '../../core/formats/lock.ts';
import { MANIFEST_FILE, type NamedModel } from '../../core/formats/manifest.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { defineAction, type Outcome } from '../../core/toolkit/action.ts';
import { readRepositoryFile, writeWhole } from '../../core/toolkit/files.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { flag, text } from '../../core/toolkit/inputs.ts';
import { fetchEnvironment, runTeamCommand } from '../../core/toolkit/team-command.ts';
import { type Candidate, readCandidate } from './candidate.ts';
import { withClone } from './clone.ts';
import { compare, environmentDifferences, type Trace } from './compare.ts';
import { readLocked, readLockIn, readPlan } from './plan.ts';
import { lockModel, writeProducts, writeProposal } from './products.ts';
import { rebuild } from './rebuild.ts';
import { lockReport, reproductionReport, type Told } from './report.ts';

const NAME = 'reproduce-training';

export default defineAction({
  name: NAME,
  inputs: {
    model: text('the model of greenlight.yaml; may be left out when there is one'),
    'write-lock': flag('train from the working tree and write greenlight.lock instead of comparing with it'),
    'retrain-as-of': text(
      'a date, YYYY-MM-DD: move the training window with monitoring.retrain.prepare to what was known by then, and write the lock',
    ),
    commit: text('the commit to rebuild; the one that is checked out where nothing is said'),
  },
  async run(inputs, host): Promise<Outcome> {
    const asOf = inputs['retrain-as-of'];
    if (asOf !== undefined) await moveWindow(await host.model(inputs.model), asOf, host);
    const writes = inputs['write-lock'] || asOf !== undefined;
    const candidate = await readCandidate(inputs.model, inputs.commit, writes, host);
    const { model, commit, uncommitted } = candidate;
    // A model that an earlier run left here must not pass for one of this.
    await rm(host.out(NAME), { recursive: true, force: true });
    return withClone(host.git, model.name, commit, candidate.writeLock ? uncommitted : [], (clone) =>
      candidate.writeLock ? lock(candidate, clone, host) : reproduce(candidate, clone, host),
    );
  },
});

/** Runs the team's own command that says which data a model retrained on `asOf` learns from. */
async function moveWindow({ name, model }: NamedModel, asOf: string, host: Host): Promise<void> {
  const prepare = model.monitoring?.retrain?.prepare;
  if (prepare === undefined) {
    throw new GreenlightError({
      code: 'manifest/missing-key',
      message: `${name} has no monitoring.retrain.prepare in ${MANIFEST_FILE}`,
      mend: 'give it the command that moves the training window in params.yaml',
    });
  }
  if (!/^\d{4}-\d{2}-\d{2}$/.test(asOf)) {
    throw new GreenlightError({
      code: 'input/bad-value',
      message: `the input \`retrain-as-of\` can't be \`${asOf}\``,
      mend: 'a date such as 2001-05-28',
    });
  }
  const env = { ...fetchEnvironment(process.env), GREENLIGHT_AS_OF: asOf };
  if (model.setup !== undefined)
    await runTeamCommand('setup', model.setup, { folder: host.root, env, log: host.log });
  await runTeamCommand('monitoring.retrain.prepare', prepare, { folder: host.root, env, log: host.log });
}

/** Holds the rebuilt model against the commit's own lock. The model is handed on only where it is the lock's. */
async function reproduce(candidate: Candidate, clone: string, host: Host): Promise<Outcome> {
  const { name } = candidate.model;
  const locked = await readLocked(clone, name);
  const plan = await readPlan(clone, candidate.model);
  const trace = await rebuild(plan, locked, { folder: clone, env: process.env, log: host.log });
  const told = tell(candidate, trace, locked);
  const report = reproductionReport(told);
  if (told.differences.length > 0) {
    return {
      verdict: 'fail',
      model: name,
      subjects: [],
      findings: [...told.differences, ...told.environment],
      report,
    };
  }
  const trained = lockModel(trace);
  const lockText = await readRepositoryFile(clone, LOCK_FILE, 'the lock');
  await writeProducts(candidate, plan, trained, lockText, clone, host.out(NAME));
  return passed(told, trained, report);
}

/** Trains and writes what came out into the checkout's lock. */
async function lock(candidate: Candidate, clone: string, host: Host): Promise<Outcome> {
  const { name } = candidate.model;
  const before = await readLockIn(host.root);
  const plan = await readPlan(clone, candidate.model);
  const trace = await rebuild(plan, undefined, { folder: clone, env: process.env, log: host.log });
  const told = tell(candidate, trace, before?.models[name]);
  const trained = lockModel(trace);
  const lockText = writeLock(withModel(before, name, trained));
  await writeProducts(candidate, plan, trained, lockText, clone, host.out(NAME));
  await writeProposal(lockText, clone, host.out(NAME));
  await writeWhole(path.join(host.root, LOCK_FILE), lockText);
  return passed(told, trained, lockReport(told), { 'lock-file': LOCK_FILE });
}

function tell({ model, commit, uncommitted }: Candidate, trace: Trace, locked: LockModel | undefined): Told {
  return {
    name: model.name,
    commit,
    uncommitted,
    trace,
    locked,
    differences: locked === undefined ? [] : compare(locked, trace),
    environment: environmentDifferences(locked?.environment, trace.environment),
  };
}

function passed(
  told: Told,
  trained: LockModel,
  report: Outcome['report'],
  outputs: Outcome['outputs'] = {},
): Outcome {
  const { sha256 } = trained.model;
  return {
    verdict: 'pass',
    model: told.name,
    subjects: [{ name: told.name, sha256 }],
    findings: [...told.differences, ...told.environment],
    report,
    outputs: { 'model-digest': sha256, ...outputs },
  };
}
