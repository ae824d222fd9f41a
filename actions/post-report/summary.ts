import type { ActionReport } from '../../core/formats/report.ts';
import type { Block, Report } from '../../core/kernel/blocks.ts';
import { type Verdict, worst } from '../../core/kernel/verdict.ts';
import { keepOwnLinks } from './links.ts';
import type { Found } from './untrusted.ts';

/** What the pull request is told. */
export interface Summary extends Conclusion {
  readonly report: Report;
}

interface Conclusion {
  readonly verdict: Verdict;
  /** What the commit status says, which a ruleset may ask for. */
  readonly state: 'success' | 'failure' | 'error' | 'pending';
  readonly sentence: string;
}

const ORDER = ['validate-data', 'reproduce-training', 'evaluate-model'];

/**
 * The reports of a run as one. The artifacts come from a job that ran the author's own workflow: they inform and are never evidence. A run
 * that failed although every report passes is an `error`: some step ended without a report. So is a run without any report, unless it is
 * known that the pull request changes nothing of the model (`noModel`). `home` is the repository's address: links that lead out of it
 * become text.
 */
export function summarize(
  found: readonly Found[],
  conclusion: string,
  home: string,
  noModel: boolean,
): Summary {
  const reports = found.flatMap((each) => (each.kind === 'report' ? [each.report] : []));
  const unreadable = found.flatMap((each) => (each.kind === 'unreadable' ? [each] : []));
  reports.sort((a, b) => a.model.localeCompare(b.model) || ORDER.indexOf(a.action) - ORDER.indexOf(b.action));
  const told = conclude(reports, unreadable.length, conclusion, noModel);
  const blocks: Block[] = [
    { kind: 'verdict', verdict: told.verdict, text: told.sentence },
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
  return { ...told, report: { title: 'Greenlight', blocks } };
}

function conclude(
  reports: readonly ActionReport[],
  unreadable: number,
  conclusion: string,
  noModel: boolean,
): Conclusion {
  if (unreadable > 0) return error('a report of this run could not be read');
  if (reports.length === 0) return withoutReports(conclusion, noModel);
  const verdict = worst(reports.map((report) => report.verdict));
  const names = reports
    .filter((report) => report.verdict === verdict)
    .map((report) => report.action)
    .join(', ');
  const sentence = `${names}: ${verdict}`;
  switch (verdict) {
    case 'pass':
      return conclusion === 'success'
        ? { verdict, state: 'success', sentence }
        : error(`the run ended as ${conclusion} although its reports pass`);
    case 'inconclusive':
      // A step lets this pass only where the policy sends it to a person. Nobody can turn a status green by hand: their review is the gate.
      return conclusion === 'success'
        ? { verdict, state: 'success', sentence: `${sentence}, needs human review` }
        : { verdict, state: 'failure', sentence };
    case 'fail':
      return { verdict, state: 'failure', sentence };
    case 'error':
      return error(sentence);
  }
}

function withoutReports(conclusion: string, noModel: boolean): Conclusion {
  switch (conclusion) {
    case 'success':
      // An author's own workflow can go well and judge nothing.
      return noModel
        ? {
            verdict: 'pass',
            state: 'success',
            sentence: 'nothing of the model changed: nothing was to be judged',
          }
        : error('the run ended without a report');
    case 'action_required':
      // So GitHub calls a run that has not begun: of a fork, or of a pull request that a workflow opened.
      return {
        verdict: 'inconclusive',
        state: 'pending',
        sentence: 'nothing was judged yet: the run waits for a person who approves it',
      };
    default:
      return error(`the run ended as ${conclusion} without a report`);
  }
}

function error(sentence: string): Conclusion {
  return { verdict: 'error', state: 'error', sentence };
}
