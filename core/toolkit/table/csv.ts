import { open } from 'node:fs/promises';
import { GreenlightError } from '../../kernel/errors.ts';

/** How a CSV file is written, where its writer says so. */
export interface CsvOptions {
  /** One ASCII character; where nothing is said, the one of comma, semicolon, tabulator and bar that gives the first record most cells. */
  readonly delimiter?: string;
  /** Whether the first record holds the columns' names; true where nothing is said. */
  readonly header?: boolean;
  /** The columns' names where there is no header: c1, c2, … where nothing is said. */
  readonly names?: readonly string[];
  /** One ASCII character, `"` where nothing is said; within quotes it is doubled. Empty: quotes are cells' own characters. */
  readonly quote?: string;
  /** utf-8, utf-16, utf-16le, utf-16be or latin-1; by the byte order mark where nothing is said, else utf-8. */
  readonly encoding?: string;
  /** Unquoted cells that are NULL beside the empty one. */
  readonly nullValues?: readonly string[];
}

/** How a CSV file is read, and its columns' names. */
export interface CsvHeader {
  readonly delimiter: string;
  readonly quote: string;
  /** Whether the first record holds the names. */
  readonly header: boolean;
  readonly names: readonly string[];
}

const DELIMITERS = [',', ';', '\t', '|'] as const;
const HEADER_LIMIT = 1 << 20;

/**
 * Reads the header of a CSV file (RFC 4180; UTF-8, an optional byte order mark). Throws `data/bad-option`, `data/no-header`,
 * `data/duplicate-column`, `data/wrong-delimiter`, `data/names-differ`.
 */
export async function readCsvHeader(
  file: string,
  name: string,
  options: CsvOptions = {},
): Promise<CsvHeader> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_LIMIT), 0, HEADER_LIMIT, 0);
    return parseCsvHeader(buffer.subarray(0, bytesRead), name, options);
  } finally {
    await handle.close();
  }
}

/** The header in the first bytes of a CSV file. */
export function parseCsvHeader(bytes: Uint8Array, name: string, options: CsvOptions = {}): CsvHeader {
  const quote = quoteOf(options);
  const text = new TextDecoder('utf-8').decode(bytes);
  const read = (delimiter: string): readonly string[] => firstRecord(text, delimiter, quote) ?? [];
  const delimiter = oneCharacter('delimiter', options.delimiter, mostCells(read));
  mustBeApart(delimiter, quote, options.nullValues ?? []);
  const cells = read(delimiter);
  if (cells.length === 0 || (cells.length === 1 && cells[0] === '')) {
    throw new GreenlightError({
      code: 'data/no-header',
      message:
        cells.length === 0
          ? `${name} has no complete record in its first mebibyte`
          : `the first line of ${name} is empty`,
      place: { file: name, line: 1 },
      mend: 'the first record holds the names of the columns; look for a quote that is not closed',
    });
  }
  const better = mostCells(read);
  if (cells.length === 1 && read(better).length > 1) {
    throw new GreenlightError({
      code: 'data/wrong-delimiter',
      message: `${name} has one column with the delimiter ${shown(delimiter)}; with ${shown(better)} it has ${read(better).length}`,
      place: { file: name, line: 1 },
      mend: `declare the delimiter ${shown(better)}; where it is part of the name, put the name in quotes`,
    });
  }
  if (options.header === false) {
    return { delimiter, quote, header: false, names: namesWithoutHeader(cells.length, name, options.names) };
  }
  noneTwice(cells, name);
  return { delimiter, quote, header: true, names: cells };
}

function mostCells(read: (delimiter: string) => readonly string[]): string {
  const counts = DELIMITERS.map((delimiter) => read(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
}

/** The quote of a CSV; empty where quotes are cells' own characters. Throws `data/bad-option`. */
export function quoteOf(options: CsvOptions): string {
  return oneCharacter('quote', options.quote, '"');
}

function oneCharacter(option: 'delimiter' | 'quote', given: string | undefined, otherwise: string): string {
  if (given === undefined) return otherwise;
  if (/^[\t -~]$/.test(given) || (given === '' && option === 'quote')) return given;
  throw new GreenlightError({
    code: 'data/bad-option',
    message: `the ${option} of a CSV file is one ASCII character`,
    mend:
      option === 'delimiter' ? 'write `,`, `;`, `|` or "\\t"' : 'write `"`, or an empty text for no quotes',
  });
}

function mustBeApart(delimiter: string, quote: string, nullValues: readonly string[]): void {
  const meets = (text: string): boolean => text.includes(delimiter) || (quote !== '' && text.includes(quote));
  if (delimiter !== quote && !nullValues.some(meets)) return;
  throw new GreenlightError({
    code: 'data/bad-option',
    message:
      delimiter === quote
        ? `the quote of a CSV file is its delimiter ${shown(delimiter)}`
        : 'a null value of a CSV file holds its delimiter or its quote',
    mend: 'declare the options as the file is written',
  });
}

/** Names a delimiter for a reader. */
function shown(delimiter: string): string {
  return delimiter === '\t' ? 'tabulator' : `\`${delimiter}\``;
}

function namesWithoutHeader(
  cells: number,
  name: string,
  names: readonly string[] | undefined,
): readonly string[] {
  if (names === undefined) return Array.from({ length: cells }, (_, index) => `c${index + 1}`);
  if (names.length === cells) return names;
  throw new GreenlightError({
    code: 'data/names-differ',
    message: `the first record of ${name} has ${cells} cells; ${names.length} columns are declared for it`,
    place: { file: name, line: 1 },
    mend: 'without a header, the columns are those of the contract, in its order',
  });
}

function noneTwice(names: readonly string[], name: string): void {
  const second = names.findIndex((column, index) => names.indexOf(column) !== index);
  if (second === -1) return;
  // The name is withheld: where a file has no header, its first record is a row.
  const first = names.indexOf(names[second] ?? '');
  throw new GreenlightError({
    code: 'data/duplicate-column',
    message: `${name} names its columns ${first + 1} and ${second + 1} alike`,
    place: { file: name, line: 1 },
    mend: 'give every column a name of its own',
  });
}

function firstRecord(text: string, delimiter: string, quote: string): string[] | undefined {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  let wasQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    if (quoted) {
      if (character !== quote) field += character;
      else if (text[index + 1] === quote) field += text[++index];
      else quoted = false;
    } else if (character === quote && (field === '' || field === ' ') && !wasQuoted) {
      // As DuckDB, one blank may stand before a quote.
      field = '';
      quoted = true;
      wasQuoted = true;
    } else if (character === delimiter) {
      fields.push(field);
      field = '';
      wasQuoted = false;
    } else if (character === '\n' || character === '\r') return [...fields, field];
    else field += character;
  }
  return quoted || text.length >= HEADER_LIMIT ? undefined : [...fields, field];
}
