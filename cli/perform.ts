import path from 'node:path';
import { writeActionReport } from '../core/formats/report.ts';
import type { Block, Report } from '../core/kernel/blocks.ts';
import { type GreenlightError, userErrors } from '../core/kernel/errors.ts';
import { EXIT_CODES } from '../core/kernel/verdict.ts';
import type { ActionDefinition, Annotation, Outcome } from '../core/toolkit/action.ts';
import { writeWhole } from '../core/toolkit/files.ts';
import type { Host } from '../core/toolkit/host.ts';
import { choice, readInputs, text } from '../core/toolkit/inputs.ts';
import { renderHtml } from '../reports/html.ts';
import { renderJunit } from '../reports/junit.ts';

/** What the two doors, runner and shell, do differently. */
export interface Door {
  /** An input's text by name. */
  input(name: string): string | undefined;
  /** Shows the report; `htmlFile` holds the whole of it. */
  show(report: Report, htmlFile: string): Promise<void>;
  /** Hands outputs to later steps. */
  outputs(values: Readonly<Record<string, string>>): void;
  annotate(annotation: Annotation): void;
}

/** The inputs that every action has beside its own. */
export const COMMON_INPUTS = {
  mode: choice('`report` never fails the step, and says so', ['gate', 'report'], 'gate'),
  'report-json': text('where to write a copy of the machine-readable report'),
};

/**
 * Runs an action: its inputs, its domain, then what came of it: report.json, report.html, outputs, summary, annotations, and the
 * files handed on. The exit code is that of the verdict (kernel/verdict.ts); 0 with `mode: report`. A bug of ours is thrown on.
 */
export async function perform<I>(action: ActionDefinition<I>, host: Host, door: Door): Promise<number> {
  const common = readInputs(COMMON_INPUTS, (name) => door.input(name));
  const outcome = await outcomeOf(action, host, door);
  const folder = host.out(action.name);
  const json = reportJson(action.name, outcome);
  const html = path.join(folder, 'report.html');
  const report = common.mode === 'report' ? inReportMode(outcome.report) : outcome.report;
  await writeWhole(path.join(folder, 'report.json'), json);
  await writeWhole(html, renderHtml(report, { title: report.title }));
  if (outcome.cases !== undefined)
    await writeWhole(path.join(folder, 'junit.xml'), renderJunit(action.name, outcome.cases));
  if (common['report-json'] !== undefined)
    await writeWhole(path.resolve(host.root, common['report-json']), json);
  for (const annotation of outcome.annotations ?? []) door.annotate(annotation);
  door.outputs({ ...outcome.outputs, verdict: outcome.verdict });
  await door.show(report, html);
  await host.hand(outcome.model, action.name);
  const passes =
    common.mode === 'report' || (outcome.verdict === 'inconclusive' && outcome.humanReview === true);
  return passes ? EXIT_CODES.pass : EXIT_CODES[outcome.verdict];
}

async function outcomeOf<I>(action: ActionDefinition<I>, host: Host, door: Door): Promise<Outcome> {
  try {
    return await action.run(
      readInputs(action.inputs, (name) => door.input(name)),
      host,
    );
  } catch (thrown) {
    const errors = userErrors(thrown);
    if (errors.length === 0) throw thrown;
    return errorOutcome(action.name, await modelOf(action, host, door), errors);
  }
}

/**
 * The model that an action which came to no outcome was about, as the manifest names it where it can be read: its report then lies where
 * that of a later try does, and is replaced by it. Empty for an action that is about no model.
 */
async function modelOf<I>({ inputs }: ActionDefinition<I>, host: Host, door: Door): Promise<string> {
  if (!('model' in inputs)) return '';
  const given = door.input('model')?.trim() || undefined;
  return (await host.model(given).catch(() => undefined))?.name ?? given ?? '';
}

/** What the user can mend, as an outcome like any other: the pull request hears of it too. */
function errorOutcome(action: string, model: string, errors: readonly GreenlightError[]): Outcome {
  const count = errors.length === 1 ? 'one thing' : `${errors.length} things`;
  return {
    verdict: 'error',
    model,
    subjects: [],
    findings: errors.map((error) => ({
      kind: 'error',
      code: error.code,
      message: error.message,
      place: error.place,
      mend: error.mend,
    })),
    report: {
      title: action,
      blocks: [
        {
          kind: 'verdict',
          verdict: 'error',
          text: `${action} could not judge: ${count} must be mended first`,
        },
        ...errors.flatMap(errorBlocks),
      ],
    },
    annotations: errors.map((error) => ({
      level: 'error',
      message: `${error.message} [${error.code}]${error.mend === undefined ? '' : `\n${error.mend}`}`,
      ...(error.place === undefined ? {} : { place: error.place }),
    })),
  };
}

function errorBlocks(error: GreenlightError): Block[] {
  const [first = '', ...rest] = error.message.split('\n');
  const where = error.place === undefined ? [] : [{ place: error.place }, ': '];
  const blocks: Block[] = [{ kind: 'paragraph', text: [...where, first, ' [', { code: error.code }, ']'] }];
  if (rest.length > 0) blocks.push({ kind: 'code', text: rest.join('\n') });
  if (error.mend !== undefined) {
    blocks.push(
      error.mend.includes('\n')
        ? { kind: 'code', text: error.mend }
        : { kind: 'paragraph', text: ['→ ', error.mend] },
    );
  }
  return blocks;
}

function inReportMode(report: Report): Report {
  const note: Block = {
    kind: 'note',
    tone: 'info',
    text: 'This step only reports (`mode: report`): the verdict stops nothing.',
  };
  return { ...report, blocks: [...report.blocks.slice(0, 1), note, ...report.blocks.slice(1)] };
}

function reportJson(action: string, outcome: Outcome): string {
  return writeActionReport({
    schema: 'greenlight.report/v1',
    action,
    model: outcome.model,
    verdict: outcome.verdict,
    subjects: [...outcome.subjects],
    findings: [...outcome.findings],
    report: { title: outcome.report.title, blocks: [...outcome.report.blocks] },
  });
}
