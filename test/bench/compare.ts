import { type Run, runOnce, type Side, type Usage } from './meter.ts';

/** What a line holds against its target. */
export type Bound =
  /** CPU of ours over CPU of the other. */
  | { readonly of: 'cpu-ratio'; readonly most: number }
  /** CPU of the other over CPU of ours. */
  | { readonly of: 'times-less-cpu'; readonly least: number }
  | { readonly of: 'peak-mib'; readonly most: number }
  | { readonly of: 'spill-mib'; readonly most: number }
  | { readonly of: 'wall-seconds'; readonly most: number };

/** One line of the table: a command of ours, where there is one the command it is held against, and the targets. */
export interface Line {
  readonly id: string;
  readonly title: string;
  readonly ours: Side;
  readonly other?: Side;
  readonly bounds: readonly Bound[];
  /** Counted pairs of runs where a run takes so long that the usual number would take the evening. */
  readonly runs?: number;
}

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export type Verdict = 'met' | 'missed' | 'not there yet' | 'skipped';

/** What a line came to. `faults` say why a side's run did not count as its work: then no bound is met. */
export interface Result {
  readonly id: string;
  readonly title: string;
  readonly runs: number;
  readonly ours?: Usage;
  readonly other?: Usage & { readonly name: string };
  readonly bounds: readonly {
    readonly bound: Bound;
    readonly measured?: Spread;
    readonly verdict: Verdict;
  }[];
  readonly faults: readonly string[];
}

/** How lines are measured. */
export interface Measuring {
  readonly meter: (file: string) => readonly string[];
  readonly work: string;
  /** Counted pairs after one pair that warms up. */
  readonly runs: number;
}

/** Measures a line in turn, A B A B, and holds the pairs against its bounds. */
export async function measureLine(line: Line, { meter, work, runs }: Measuring): Promise<Result> {
  const counted = line.runs ?? runs;
  const pairs: { ours: Run; other: Run | undefined }[] = [];
  const faults = new Set<string>();
  // A run so slow that few are counted is its own warm-up: the files are in the page cache after a few of its seconds.
  for (let at = line.runs === undefined ? -1 : 0; at < counted; at++) {
    const ours = await runOnce(line.ours, meter, work);
    const other = line.other === undefined ? undefined : await runOnce(line.other, meter, work);
    for (const fault of [faultOf(line.ours, ours), line.other && other && faultOf(line.other, other)])
      if (fault !== undefined) faults.add(fault);
    if (at >= 0) pairs.push({ ours, other });
  }
  const others = pairs.flatMap(({ other }) => (other === undefined ? [] : [other]));
  return {
    id: line.id,
    title: line.title,
    runs: counted,
    ours: usual(pairs.map(({ ours }) => ours)),
    ...(line.other === undefined ? {} : { other: { name: line.other.name, ...usual(others) } }),
    bounds: line.bounds.map((bound) => {
      const measured = spread(pairs.map(({ ours, other }) => measuredOf(bound, ours, other)));
      const verdict = faults.size > 0 ? 'not there yet' : isMet(bound, measured) ? 'met' : 'missed';
      return { bound, measured, verdict };
    }),
    faults: [...faults],
  };
}

/** A line that could not be measured. */
export function unmeasured(
  line: Pick<Line, 'id' | 'title' | 'bounds'>,
  verdict: Verdict,
  why: string,
): Result {
  const { id, title } = line;
  return { id, title, runs: 0, bounds: line.bounds.map((bound) => ({ bound, verdict })), faults: [why] };
}

function faultOf(side: Side, run: Run): string | undefined {
  if (run.exit !== side.exit) {
    const last = run.printed.trim().split('\n').at(-1) ?? '';
    return `${side.name} ended with ${run.exit}, not ${side.exit}: ${last.slice(0, 160)}`;
  }
  const fault = side.fault?.(run.printed);
  return fault === undefined ? undefined : `${side.name}: ${fault}`;
}

function measuredOf(bound: Bound, ours: Usage, other: Usage | undefined): number {
  switch (bound.of) {
    case 'cpu-ratio':
      return ours.cpu / (other?.cpu ?? Number.NaN);
    case 'times-less-cpu':
      return (other?.cpu ?? Number.NaN) / ours.cpu;
    case 'peak-mib':
      return ours.peak;
    case 'spill-mib':
      return ours.spill;
    case 'wall-seconds':
      return ours.wall;
  }
}

function isMet(bound: Bound, { median }: Spread): boolean {
  return 'most' in bound ? median <= bound.most : median >= bound.least;
}

function usual(runs: readonly Usage[]): Usage {
  const of = (key: keyof Usage): number => spread(runs.map((run) => run[key])).median;
  return { wall: of('wall'), cpu: of('cpu'), peak: of('peak'), spill: of('spill') };
}

/** Median, least and most; the median of an even number is the mean of the two in the middle. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    least: at(0),
    most: at(sorted.length - 1),
  };
}
