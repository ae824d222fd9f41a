/** Where something stands: a file of the repository, and as much of the rest as is known. All numbers start at 1. */
export interface Place {
  /** Relative to the repository's root, with forward slashes. */
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** The data record: the first one after the header is 1. */
  readonly record?: number;
  /** A row of a table of PostgreSQL: its ctid, `(block,offset)`, which holds until the row is written again. */
  readonly row?: string;
  /** The column's name in the data. */
  readonly field?: string;
}

/** `file:line:column`, as editors and compilers write it; then the record and the field of data. */
export function formatPlace(place: Place): string {
  let text = place.file;
  if (place.line !== undefined) text += `:${place.line}`;
  if (place.line !== undefined && place.column !== undefined) text += `:${place.column}`;
  if (place.record !== undefined) text += ` record ${place.record}`;
  if (place.row !== undefined) text += ` row ${place.row}`;
  if (place.field !== undefined) text += ` column ${place.field}`;
  return text;
}
