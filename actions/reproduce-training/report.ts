import { LOCK_FILE, type LockModel } from '../../core/formats/lock.ts';
import type { Block, Inline, Report } from '../../core/kernel/blocks.ts';
import type { Difference, EnvironmentDifference, Trace } from './compare.ts';

/** What the report tells of. */
export interface Told {
  readonly name: string;
  readonly commit: string;
  readonly trace: Trace;
  /** The lock that the outcome is set against; undefined for a first lock. */
  readonly locked: LockModel | undefined;
  readonly differences: readonly Difference[];
  readonly environment: readonly EnvironmentDifference[];
  /** The working tree's files that were laid over the commit (with write-lock) or left out. */
  readonly uncommitted: readonly string[];
}

/** The report of a reproduction. */
export function reproductionReport(told: Told): Report {
  const { name, commit, differences } = told;
  const short = commit.slice(0, 12);
  const [first] = differences;
  const opening: Block =
    first === undefined
      ? {
          kind: 'verdict',
          verdict: 'pass',
          text: [`${name} was trained again from commit `, { code: short }, ': the same bytes'],
        }
      : {
          kind: 'verdict',
          verdict: 'fail',
          text: [`${name} at commit `, { code: short }, ` is not what ${LOCK_FILE} says: `, sentence(first)],
        };
  return {
    title: `reproduce-training: ${name}`,
    blocks: [
      opening,
      ...(first === undefined ? [] : [{ kind: 'paragraph' as const, text: ['→ ', advice(first, name)] }]),
      facts(told),
      stageTable(told),
      ...differenceBlocks('What differs', differences),
      ...environmentBlocks(told),
      ...uncommittedBlocks(
        told.uncommitted,
        'Uncommitted changes were left out; what is judged is the commit:',
      ),
    ],
  };
}

/** The report of a training that wrote the lock. */
export function lockReport(told: Told): Report {
  const { name, commit, differences, locked } = told;
  const changed =
    locked === undefined
      ? 'for the first time'
      : differences.length === 0
        ? 'and is the same as before'
        : `with ${differences.length === 1 ? 'one change' : `${differences.length} changes`}`;
  return {
    title: `reproduce-training: ${name}`,
    blocks: [
      {
        kind: 'verdict',
        verdict: 'pass',
        text: [
          `${name} was trained from commit `,
          { code: commit.slice(0, 12) },
          `: ${LOCK_FILE} is written ${changed}`,
        ],
      },
      facts(told),
      stageTable(told),
      ...differenceBlocks('What changed from the lock before', differences),
      ...environmentBlocks(told),
      ...uncommittedBlocks(
        told.uncommitted,
        'Uncommitted changes were taken along; commit them together with the lock:',
      ),
    ],
  };
}

function facts({ trace, locked, commit }: Told): Block {
  const files = Object.entries(trace.data ?? {});
  return {
    kind: 'facts',
    items: [
      { name: 'Model', value: trace.model === undefined ? 'not trained' : { code: trace.model.sha256 } },
      ...(locked === undefined || locked.model.sha256 === trace.model?.sha256
        ? []
        : [{ name: 'Model in the lock', value: { code: locked.model.sha256 } }]),
      { name: 'Commit', value: { code: commit } },
      { name: 'Level', value: 'bytes' },
      ...files.map(([set, file]) => ({
        name: `Data: ${set}`,
        value: [{ code: file.sha256 }, ' ', file.path],
      })),
    ],
  };
}

function stageTable({ trace, locked, differences }: Told): Block {
  const about = (stage: string, kinds: readonly Difference['kind'][]): boolean =>
    differences.some(
      (difference) => 'stage' in difference && difference.stage === stage && kinds.includes(difference.kind),
    );
  return {
    kind: 'table',
    caption: 'The stages in the order they run',
    columns: [{ title: 'Stage' }, { title: 'Inputs' }, { title: 'Outputs' }],
    rows: trace.definitions.map(({ name }) => {
      const ran = trace.stages.find((stage) => stage.name === name);
      const known = locked?.stages.some((stage) => stage.name === name) === true;
      const word = (...kinds: Difference['kind'][]): string =>
        known ? (about(name, kinds) ? 'other' : 'same') : 'new';
      const otherDefinition = about(name, ['command', 'parameter']);
      return [
        name,
        ran !== undefined || otherDefinition ? word('command', 'parameter', 'input') : 'not run',
        ran?.outs === undefined ? 'not run' : word('output'),
      ];
    }),
  };
}

function differenceBlocks(heading: string, differences: readonly Difference[]): Block[] {
  if (differences.length === 0) return [];
  return [
    { kind: 'heading', level: 3, text: heading },
    { kind: 'list', items: differences.map((difference) => [sentence(difference), ...digests(difference)]) },
  ];
}

/** What happened, completing "… is not what the lock says:". */
function sentence(difference: Difference): Inline {
  switch (difference.kind) {
    case 'stage':
      if (difference.found === undefined)
        return ['the pipeline has no stage ', { code: difference.locked ?? '' }, ' there'];
      if (difference.locked === undefined) return ['the stage ', { code: difference.found }, ' is new'];
      return [
        'the stage ',
        { code: difference.found },
        ' stands where ',
        { code: difference.locked },
        ' was',
      ];
    case 'command':
      return ['the stage ', { code: difference.stage }, ' has another command'];
    case 'parameter':
      return [
        'the stage ',
        { code: difference.stage },
        ' has another value of the parameter ',
        { code: difference.name },
      ];
    case 'data':
      return [`the data set ${difference.name} (`, { code: difference.path }, ') is other'];
    case 'input':
      return ['the stage ', { code: difference.stage }, ' reads another input, ', { code: difference.path }];
    case 'output':
      return ['the stage ', { code: difference.stage }, ' wrote another output, ', { code: difference.path }];
    case 'model':
      return ['the model file ', { code: difference.path }, ' is other'];
    case 'inputs':
      return 'the lock says of this model that it is fed otherwise';
  }
}

function digests(difference: Difference): Inline[] {
  const { locked, found } = difference;
  const shown = (value: unknown): Inline =>
    value === undefined
      ? 'absent'
      : { code: typeof value === 'string' ? short(value) : JSON.stringify(value) };
  return difference.kind === 'stage' ? [] : [': lock ', shown(locked), ', now ', shown(found)];
}

/** A digest by its first 12 digits; any other text as it is. */
function short(text: string): string {
  return /^[0-9a-f]{64}$/.test(text) ? text.slice(0, 12) : text;
}

function advice(first: Difference, name: string): Inline {
  const relock: Inline = [{ code: `greenlight reproduce-training --model ${name} --write-lock` }];
  switch (first.kind) {
    case 'output':
      return [
        'the same inputs gave another output: the stage ',
        { code: first.stage },
        ' depends on something that it does not declare. Seeds, the time, the order of threads or of files, versions of libraries are the usual causes',
      ];
    case 'model':
      return [
        'every stage gave what the lock says and the model is other: the lock was edited by hand. Run ',
        relock,
      ];
    default:
      return [
        'the lock is of another state of the repository. If the change is meant, run ',
        relock,
        ' and commit the lock',
      ];
  }
}

function environmentBlocks({ environment }: Told): Block[] {
  if (environment.length === 0) return [];
  return [
    { kind: 'heading', level: 3, text: 'What differs in the environment' },
    {
      kind: 'table',
      columns: [{ title: 'Setting' }, { title: 'Lock' }, { title: 'Here' }],
      rows: environment.map(({ name, locked = 'absent', found = 'absent' }) => [name, locked, found]),
    },
  ];
}

function uncommittedBlocks(files: readonly string[], text: string): Block[] {
  if (files.length === 0) return [];
  return [
    { kind: 'note', tone: 'warning', text },
    { kind: 'list', items: files.map((file) => ({ code: file })) },
  ];
}
