import { type Run, runOnce, type Side, type Usage } from './meter.ts';

/** What a line holds against its target. */
export type Bound =
  /** CPU of ours over CPU of the other. */
  | { readonly of: 'cpu-ratio'; readonly most: number }
  /** CPU of ours beyond the other's, over the floor's. */
  | { readonly of: 'extra-cpu'; readonly most: number }
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
  /** What the difference between the two is measured by, for `extra-cpu`. */
  readonly floor?: Side;
  readonly bounds: readonly Bound[];
  /** Counted rounds where a run takes so long that the usual number would take the evening. */
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
  /** Counted rounds after one that warms up. */
  readonly runs: number;
}

/** Measures a line in turn, A B A B, and holds the rounds against its bounds. */
export async function measureLine(line: Line, { meter, work, runs }: Measuring): Promise<Result> {
  const counted = line.runs ?? runs;
  const rounds: Round[] = [];
  const faults = new Set<string>();
  // A run so slow that few are counted is its own warm-up: the files are in the page cache after a few of its seconds.
  for (let at = line.runs === undefined ? -1 : 0; at < counted; at++) {
    const run = async (side: Side): Promise<Run> => {
      const done = await runOnce(side, meter, work);
      const fault = faultOf(side, done);
      if (fault !== undefined) faults.add(fault);
      return done;
    };
    const ours = await run(line.ours);
    const other = line.other && (await run(line.other));
    const floor = line.floor && (await run(line.floor));
    if (at >= 0) rounds.push({ ours, other, floor });
  }
  const others = rounds.flatMap(({ other }) => (other === undefined ? [] : [other]));
  return {
    id: line.id,
    title: line.title,
    runs: counted,
    ours: usual(rounds.map(({ ours }) => ours)),
    ...(line.other === undefined ? {} : { other: { name: line.other.name, ...usual(others) } }),
    bounds: line.bounds.map((bound) => {
      const measured = spread(rounds.map((round) => measuredOf(bound, round)));
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

/** One run of each side of a line, in turn. */
interface Round {
  readonly ours: Run;
  readonly other: Run | undefined;
  readonly floor: Run | undefined;
}

function measuredOf(bound: Bound, { ours, other, floor }: Round): number {
  switch (bound.of) {
    case 'cpu-ratio':
      return ours.cpu / (other?.cpu ?? Number.NaN);
    case 'extra-cpu':
      return (ours.cpu - (other?.cpu ?? Number.NaN)) / (floor?.cpu ?? Number.NaN);
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

/** Other work on the machine only adds to seconds on the wall: their least counts, of all else the median. */
function isMet(bound: Bound, { median, least }: Spread): boolean {
  if (bound.of === 'wall-seconds') return least <= bound.most;
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
