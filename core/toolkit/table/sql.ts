/** A text as an SQL literal; one with NUL, which no SQL text holds, as an expression. */
export function literal(value: string): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  return value.includes('\0') ? `(${value.split('\0').map(quoted).join(' || chr(0) || ')})` : quoted(value);
}

/** A name as an SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A path as DuckDB's readers of files take it: what it would take for a pattern stands in brackets for itself. */
export function escapedGlob(file: string): string {
  return file.replaceAll(/[[*?]/g, (character) => `[${character}]`);
}
