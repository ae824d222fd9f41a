import type { ActionReport } from '../../core/formats/report.ts';
import type { Block, Report } from '../../core/kernel/blocks.ts';
import { type Verdict, worst } from '../../core/kernel/verdict.ts';
import { keepOwnLinks } from './links.ts';

/** What an artifact of the run turned out to be. */
export type Found =
  | { readonly kind: 'report'; readonly artifact: string; readonly report: ActionReport }
  /** It can't be read, or is no report: said, never passed over. */
  | { readonly kind: 'unreadable'; readonly artifact: string; readonly why: string };

/** What the pull request is told. */
export interface Summary {
  readonly verdict: Verdict;
  readonly sentence: string;
  readonly report: Report;
}

const ORDER = ['validate-data', 'reproduce-training', 'evaluate-model'];

/**
 * The reports of a run as one. The artifacts come from a job that ran the author's own workflow: they inform and are never evidence. A run
 * that failed although every report passes is an `error`: some step ended without a report. `home` is the repository's address: links that
 * lead out of it become text.
 */
export function summarize(found: readonly Found[], conclusion: string, home: string): Summary {
  const reports = found.flatMap((each) => (each.kind === 'report' ? [each.report] : []));
  const unreadable = found.flatMap((each) => (each.kind === 'unreadable' ? [each] : []));
  reports.sort((a, b) => a.model.localeCompare(b.model) || ORDER.indexOf(a.action) - ORDER.indexOf(b.action));
  const { verdict, sentence } = conclude(reports, unreadable.length, conclusion);
  const blocks: Block[] = [
    { kind: 'verdict', verdict, text: sentence },
    ...unreadable.map(
      ({ artifact, why }): Block => ({
        kind: 'note',
        tone: 'warning',
        text: ['the artifact ', { code: artifact }, ` is no report: ${why}`],
      }),
    ),
    ...reports.flatMap(({ report }): Block[] => {
      const { title, blocks } = keepOwnLinks(report, home);
      return [{ kind: 'heading', level: 2, text: title }, ...blocks];
    }),
  ];
  return { verdict, sentence, report: { title: 'Greenlight', blocks } };
}

function conclude(
  reports: readonly ActionReport[],
  unreadable: number,
  conclusion: string,
): { verdict: Verdict; sentence: string } {
  if (unreadable > 0) return { verdict: 'error', sentence: 'a report of this run could not be read' };
  if (reports.length === 0) {
    return conclusion === 'success'
      ? { verdict: 'pass', sentence: 'nothing of the model changed: nothing was to be judged' }
      : { verdict: 'error', sentence: `the run ended as ${conclusion} without a report` };
  }
  const verdict = worst(reports.map((report) => report.verdict));
  const names = (wanted: Verdict): string =>
    reports
      .filter((report) => report.verdict === wanted)
      .map((report) => report.action)
      .join(', ');
  if (verdict !== 'pass') return { verdict, sentence: `${names(verdict)}: ${verdict}` };
  if (conclusion !== 'success')
    return { verdict: 'error', sentence: `the run ended as ${conclusion} although its reports pass` };
  return { verdict, sentence: `${names('pass')}: pass` };
}
