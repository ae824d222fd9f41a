import { setTimeout as delay } from 'node:timers/promises';
import { deploymentPath } from '../../core/formats/deployment.ts';
import type { LedgerApproval } from '../../core/formats/record.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import {
  append,
  type Ledger,
  lastProgress,
  live,
  previousLive,
  rejected,
  rolledBack,
} from '../../core/ledger/ledger.ts';
import {
  assetText,
  downloadAsset,
  findRelease,
  type ModelRelease,
  requireRelease,
} from '../../core/ledger/releases.ts';
import type { Git } from '../../core/toolkit/git.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Log } from '../../core/toolkit/log.ts';
import { now } from '../../core/toolkit/time.ts';
import { checkApproval } from './approval.ts';
import { type Canary, look } from './canary.ts';
import { checkEvidence } from './evidence.ts';
import { upsertRevert } from './revert.ts';
import type { World } from './run.ts';
import { type Readiness, servedName, type Target, type Traffic } from './target.ts';
import { type Action, type Check, counters, type Desired, declaredDigest, type Is, short } from './view.ts';

/** How often the server's counters are looked at while traffic is awaited, milliseconds. */
const POLL = 500;

/** What a roll-out of one (environment, model) works with. */
export interface Surroundings {
  readonly github: Github;
  readonly git: Git;
  readonly log: Log;
  readonly target: Target;
  /** The users whose approval counts; undefined where the workflow merges by itself. */
  readonly reviewers: readonly string[] | undefined;
  /** How long the run waits for requests, milliseconds. */
  readonly wait: number;
}

/**
 * The world as it is: the ledger, the releases and pull requests on GitHub, the inference server. What can't change under a run
 * (evidence, approval, what is on the server) is read once; each look is otherwise at the server alone.
 */
export class GithubWorld implements World {
  readonly #desired: Desired;
  readonly #around: Surroundings;
  readonly #ready = new Map<string, Readiness>();
  #ledger: Ledger;
  #canary: Canary | undefined;
  #evidence: Check<ModelRelease> | undefined;
  #approval: Check<LedgerApproval | undefined> | undefined;
  #reverted = false;
  /** Since when this run has waited for the requests of one step; undefined where it does not wait. */
  #waiting: number | undefined;

  constructor(desired: Desired, around: Surroundings, ledger: Ledger) {
    this.#desired = desired;
    this.#around = around;
    this.#ledger = ledger;
  }

  /** The ledger with what this run wrote. */
  get ledger(): Ledger {
    return this.#ledger;
  }

  now(): Date {
    return now();
  }

  async wait(): Promise<boolean> {
    this.#waiting ??= performance.now();
    if (performance.now() - this.#waiting >= this.#around.wait) return false;
    await delay(Math.min(POLL, this.#around.wait));
    return true;
  }

  async observe(): Promise<Is> {
    const { environment, model, deployment } = this.#desired;
    const { github, git, reviewers } = this.#around;
    const records = this.#ledger.records(environment, model);
    const isLive = live(records);
    const declared = declaredDigest(deployment);
    const seen = await this.#look([isLive?.digest, previousLive(records)?.digest, declared]);
    const barred = new Set([...rejected(records), ...rolledBack(records)]);
    if (declared !== undefined && declared !== isLive?.digest && !barred.has(declared)) {
      this.#evidence ??= await checkEvidence(
        github,
        git,
        { model, digest: declared },
        reviewers !== undefined,
      );
      if (this.#evidence.holds)
        this.#approval ??= await this.#readApproval(this.#evidence.of, isLive?.digest);
    }
    const progress = lastProgress(records);
    if (progress === undefined || !('counts' in seen))
      this.#canary = progress === undefined ? undefined : this.#canary;
    else {
      const count = counters(seen, model, progress.started.digest, isLive?.digest);
      this.#canary = look(this.#canary, progress.step ?? progress.started, count);
    }
    return {
      records,
      traffic: seen,
      ready: this.#ready,
      canary: this.#canary,
      evidence:
        this.#evidence?.holds === true
          ? { holds: true, of: { release: this.#evidence.of.tag } }
          : this.#evidence,
      approval: this.#approval,
      reverted: this.#reverted,
    };
  }

  async act(action: Action): Promise<void> {
    const { target, log } = this.#around;
    const { environment, model } = this.#desired;
    log.info(`${environment}/${model}: ${sentence(action, model)}`);
    switch (action.do) {
      case 'place':
        return this.#place(action.digest);
      case 'weight':
        return target.weight(action.generation, action.shares);
      case 'withdraw':
        return target.withdraw(action.served);
      case 'record':
        return this.#record(action.event);
      case 'revert': {
        const result = await this.#revert(action);
        this.#reverted = true;
        log.info(`${environment}/${model}: the revert pull request: ${result}`);
        return;
      }
    }
  }

  async #look(digests: readonly (string | undefined)[]): Promise<Is['traffic']> {
    try {
      const seen: Traffic = await this.#around.target.observe();
      for (const digest of new Set(digests)) {
        if (digest !== undefined && !this.#ready.has(digest))
          this.#ready.set(digest, await this.#around.target.ready(digest));
      }
      return seen;
    } catch (error) {
      if (error instanceof GreenlightError) return { unreachable: error.message };
      throw error;
    }
  }

  async #place(digest: string): Promise<void> {
    const { github, target } = this.#around;
    const { model } = this.#desired;
    const release = await requireRelease(github, model, digest);
    await target.place(digest, {
      bring: (toFile) => downloadAsset(github, release, 'model', toFile),
      probe: await assetText(github, release, 'probe'),
    });
    const ready = await target.ready(digest);
    this.#ready.set(digest, ready);
    if (ready !== 'absent') return;
    throw new GreenlightError({
      code: 'target/not-ready',
      message: `the inference server loaded ${servedName(model, digest)} and does not serve it with this digest`,
      mend: 'look at the server; nothing was rejected, the next run tries again',
    });
  }

  async #record(event: Extract<Action, { do: 'record' }>['event']): Promise<void> {
    this.#waiting = undefined;
    try {
      this.#ledger = await append(this.#around.github, this.#ledger, event);
    } catch (error) {
      if (error instanceof GreenlightError && error.code === 'ledger/conflict')
        this.#ledger = await this.#ledger.again();
      throw error;
    }
  }

  async #revert(action: Extract<Action, { do: 'revert' }>): Promise<string> {
    const { environment, model, deployment } = this.#desired;
    if (deployment === undefined) return 'not needed';
    const ending = this.#ledger
      .records(environment, model)
      .findLast(({ kind, digest }) => digest === action.left && (kind === 'rejected' || kind === 'rollback'));
    const result = await upsertRevert(this.#around.github, {
      declared: deployment,
      live: action.live,
      release: action.release,
      reason: ending?.reason ?? `${short(action.left)} may not serve here`,
    });
    return 'number' in result ? `#${result.number} ${result.operation}` : result.operation;
  }

  async #readApproval(
    release: ModelRelease,
    liveDigest: string | undefined,
  ): Promise<Check<LedgerApproval | undefined>> {
    const { github, git, reviewers } = this.#around;
    const { environment, model } = this.#desired;
    const file = deploymentPath(environment, model);
    const commit = await git.run('log', '-1', '--format=%H', 'HEAD', '--', file);
    const liveRelease = liveDigest === undefined ? undefined : await findRelease(github, model, liveDigest);
    return checkApproval(github, {
      environment,
      model,
      digest: release.manifest.digest,
      commit,
      releaseCommit: release.manifest.commit,
      liveCommit: liveRelease?.manifest.commit,
      reviewers,
    });
  }
}

/** An action as the log and `plan` tell it. */
export function sentence(action: Action, model: string): string {
  switch (action.do) {
    case 'place':
      return `place ${servedName(model, action.digest)} on the server`;
    case 'weight':
      return `give ${Object.entries(action.shares)
        .map(([digest, percent]) => `${percent} % to ${short(digest)}`)
        .join(', ')} (generation ${action.generation})`;
    case 'record':
      return `record ${action.event.kind} ${short(action.event.digest)}${action.event.weight === undefined ? '' : ` at ${action.event.weight} %`}`;
    case 'withdraw':
      return `withdraw ${action.served} from the server`;
    case 'revert':
      return `bring the revert pull request to ${short(action.live)}`;
  }
}
