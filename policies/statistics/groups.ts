/** Rows told apart by a small code: slices, clusters. */
export interface Grouping {
  /** One a row, in [0, count); -1 for a row in no group. */
  readonly codes: Int32Array;
  readonly count: number;
}

/** All rows as one group. */
export function oneGroup(rows: number): Grouping {
  return { codes: new Int32Array(rows), count: 1 };
}

/** The rows of each group: those of group g are `rows[starts[g]]` up to before `rows[starts[g + 1]]`, in the data's order. */
export interface GroupRows {
  readonly starts: Int32Array;
  readonly rows: Int32Array;
}

/** Sorts rows by group in one counting pass. */
export function rowsOfGroups({ codes, count }: Grouping): GroupRows {
  const starts = new Int32Array(count + 1);
  for (const code of codes) if (code >= 0) starts[code + 1] = (starts[code + 1] ?? 0) + 1;
  for (let g = 0; g < count; g++) starts[g + 1] = (starts[g + 1] ?? 0) + (starts[g] ?? 0);
  const next = starts.slice(0, count);
  const rows = new Int32Array(starts[count] ?? 0);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? -1;
    if (code < 0) continue;
    const at = next[code] ?? 0;
    rows[at] = i;
    next[code] = at + 1;
  }
  return { starts, rows };
}

/** Rows and positives (label 1) of each group. */
export function countClasses(
  labels: Uint8Array,
  { codes, count }: Grouping,
): { readonly rows: Int32Array; readonly positives: Int32Array } {
  const rows = new Int32Array(count);
  const positives = new Int32Array(count);
  for (let i = 0; i < labels.length; i++) {
    const code = codes[i] ?? -1;
    if (code < 0) continue;
    rows[code] = (rows[code] ?? 0) + 1;
    positives[code] = (positives[code] ?? 0) + (labels[i] ?? 0);
  }
  return { rows, positives };
}
