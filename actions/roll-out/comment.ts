import type { StoredRecord } from '../../core/ledger/ledger.ts';
import { upsertComment } from '../../core/toolkit/comments.ts';
import type { Github } from '../../core/toolkit/github.ts';
import { short } from './view.ts';

/**
 * Tells the deployment pull request how its roll-out goes: one comment, from the ledger's records alone, so that it can be brought up to
 * date at any time and is left alone where nothing changed.
 */
export async function tellPullRequest(github: Github, records: readonly StoredRecord[]): Promise<void> {
  const started = records.findLast(({ kind }) => kind === 'started');
  if (started?.approval === undefined) return;
  const own = records.filter(({ digest, n }) => digest === started.digest && n >= started.n);
  const marker = `<!-- greenlight:roll-out:${started.environment}:${started.model}:${started.n} -->`;
  await upsertComment(github, started.approval.pull_request, marker, commentOf(own, started));
}

function commentOf(
  own: readonly StoredRecord[],
  { environment, model, digest, canary, reason }: StoredRecord,
): string {
  const last = own.at(-1);
  const endings: Readonly<Partial<Record<StoredRecord['kind'], string>>> = {
    rollout: '✅ is live',
    rejected: '⛔ was rejected; the traffic is back where it was',
    rollback: '↩️ was left by a rollback',
    hold: '⏸️ was left: main declares another release',
  };
  const ending = last === undefined ? undefined : endings[last.kind];
  return [
    `**${model}** \`${short(digest)}\` in **${environment}** ${ending ?? '… is on its way'}`,
    '',
    ...(last?.kind !== 'started' && last?.reason !== undefined ? [`Why: ${last.reason}`, ''] : []),
    reason ?? `Canary: ${(canary ?? [100]).join(' → ')} %`,
    '',
    '| record | event | traffic | requests (new / live) | errors (new / live) | evidence |',
    '|--:|---|--:|--:|--:|--:|',
    ...own.map(({ n, kind, weight, counts, evidence }) => {
      const cells = [
        n,
        kind,
        weight === undefined ? '' : `${weight} %`,
        counts === undefined ? '' : `${counts.candidate.requests} / ${counts.live.requests}`,
        counts === undefined ? '' : `${counts.candidate.errors} / ${counts.live.errors}`,
        evidence === undefined ? '' : evidence.toPrecision(3),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ].join('\n');
}
