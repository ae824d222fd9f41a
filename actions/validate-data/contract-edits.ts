import { readContract } from '../../core/formats/contract.ts';
import { readWaivers, type Waiver } from '../../core/formats/waiver.ts';
import type { Block } from '../../core/kernel/blocks.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { now } from '../../core/toolkit/time.ts';
import { compare } from './compatibility/compare.ts';
import { type ChangeFinding, changesPass, judgeChanges } from './compatibility/judge.ts';
import { changesHeadline, changesReport } from './compatibility/report.ts';
import { readRulebooks, readWaiversFile, type Task } from './sources.ts';

/** What a pull request makes of one contract. */
export interface ContractEdit {
  readonly contract: string;
  /** Whether no break lacks a waiver and the version moved as far as the changes ask. */
  readonly passes: boolean;
  readonly headline: string;
  readonly findings: readonly ChangeFinding[];
  readonly blocks: readonly Block[];
}

/**
 * The contracts of the tasks that the pull request edits, each against the base branch's. Its own waivers count: a waiver is how a code owner
 * accepts a break, and it is shown with it. Throws what {@link readContract} throws of the edited contract.
 */
export async function contractEdits(host: Host, tasks: readonly Task[]): Promise<readonly ContractEdit[]> {
  const edits: ContractEdit[] = [];
  const distinct = new Map(tasks.map((task) => [`${task.contract}\0${task.proposed}`, task]));
  for (const task of distinct.values()) {
    const [binding, proposed] = await readRulebooks(host, task);
    if (binding === undefined || proposed === undefined) continue;
    const old = readContract(binding.text, `${host.rulesFrom}:${binding.file}`);
    const next = readContract(proposed.text, proposed.file);
    const changes = compare(old, next);
    const versions = {
      old: old.document.version,
      next: next.document.version,
      place: next.placeOf(['version']),
    };
    const findings = judgeChanges(changes, versions, await waivers(host), now());
    edits.push({
      contract: proposed.file,
      passes: changesPass(findings),
      headline: changesHeadline(changes, findings),
      findings,
      blocks: changesReport(changes, findings),
    });
  }
  return edits;
}

async function waivers(host: Host): Promise<readonly Waiver[]> {
  const found = await readWaiversFile(host);
  return found === undefined ? [] : readWaivers(found.text, found.file);
}
