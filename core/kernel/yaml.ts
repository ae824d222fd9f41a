import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { GreenlightError, throwIfAny } from './errors.ts';
import type { Place } from './place.ts';
import { oneLine } from './text.ts';

/** A path into a document: keys and indices from the root. */
export type Path = readonly (string | number)[];

/** A document that was read strictly, with the place of everything in it. */
export interface Positioned {
  readonly file: string;
  readonly value: unknown;
  /**
   * The place of the value at `path`; with `'key'`, of its key. Where the path ends too early (a missing key), the nearest
   * ancestor's place.
   */
  placeOf(path: Path, part?: 'key' | 'value'): Place;
}

/**
 * Reads one YAML 1.2 document (JSON is YAML) strictly: core schema, unique keys, string keys, no aliases (they can grow a small
 * file without bound), no tags of one's own, one document. With `exact`, no number that a double does not hold
 * (whole ones beyond ±(2^53 - 1), infinity). Throws every fault at once with file, line and column.
 */
export function readYaml(
  text: string,
  file: string,
  area: string,
  { exact = false }: { readonly exact?: boolean } = {},
): Positioned {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    // Looked at below: the package compares each key with all before it, minutes for a map of 40,000.
    uniqueKeys: false,
    stringKeys: true,
    strict: true,
    version: '1.2',
    schema: 'core',
    prettyErrors: false,
  });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const fault = (code: string, message: string, offset: number, mend?: string): GreenlightError =>
    new GreenlightError({ code: `${area}/${code}`, message: oneLine(message), place: place(offset), mend });

  if (!Array.isArray(documents) || documents[0] === undefined) {
    throw fault('empty-file', `${file} is empty`, 0);
  }
  const [document, second] = documents;
  const errors = syntaxFaults([...document.errors, ...document.warnings], fault);
  if (second !== undefined) {
    errors.push(
      fault('several-documents', 'one document a file', second.range[0], 'remove everything from `---` on'),
    );
  }
  errors.push(...contentFaults(document, exact, fault));
  throwIfAny(errors);
  if (document.contents === null) throw fault('empty-file', `${file} is empty`, 0);

  return { file, value: document.toJS(), placeOf: placesIn(document.contents as Node, place) };
}

type Fault = (code: string, message: string, offset: number, mend?: string) => GreenlightError;

/** What the parser found, up to where it lost its way: what it says from there on are consequences. */
function syntaxFaults(found: readonly YAMLError[], fault: Fault): GreenlightError[] {
  const errors: GreenlightError[] = [];
  for (const error of found) {
    const [offset] = error.pos;
    if (error.code === 'RESOURCE_EXHAUSTION') {
      return [...errors, fault('yaml-too-deep', 'this is nested too deep to be read', offset)];
    }
    if (error.code === 'MISSING_CHAR' && /closing .quote/.test(error.message)) {
      const unclosed = fault(
        'yaml-unclosed-quote',
        'the quoted text that breaks off here is not closed, or goes on in a line that is not indented deeper than its key',
        offset,
        'close it on this line, indent the lines that follow deeper than the key, or write it as a block: `key: |`',
      );
      return [...errors, unclosed];
    }
    errors.push(fault(`yaml-${error.code.toLowerCase().replaceAll('_', '-')}`, error.message, offset));
  }
  return errors;
}

function inexactness({ value, source = '' }: Scalar): string | undefined {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return undefined;
  if (!Number.isFinite(value)) return 'this is no finite number';
  return /[.eE]/.test(source) && !source.startsWith('0x')
    ? undefined
    : 'this whole number is beyond ±9007199254740991 and would not be kept exactly';
}

/** What a well-formed document may not hold here. */
function contentFaults(document: Document.Parsed, exact: boolean, fault: Fault): GreenlightError[] {
  const errors: GreenlightError[] = [];
  visit(document, {
    Alias: (_, node) => {
      errors.push(
        fault(
          'yaml-alias',
          'aliases (`*name`) are not read here',
          node.range?.[0] ?? 0,
          'write the value out',
        ),
      );
    },
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value))
          errors.push(
            fault('yaml-duplicate-key', `the key \`${key.value}\` is there twice`, key.range?.[0] ?? 0),
          );
        seen.add(key.value);
      }
    },
    Scalar: (_, node) => {
      const inexact = exact ? inexactness(node) : undefined;
      if (inexact !== undefined) errors.push(fault('yaml-inexact-number', inexact, node.range?.[0] ?? 0));
    },
  });
  return errors;
}

function placesIn(root: Node, place: (offset: number) => Place): Positioned['placeOf'] {
  // Each map once: where many keys of one map are told of, a search for each would take the square of their number.
  const pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();
  const pairOf = (map: YAMLMap, key: string): Pair | undefined => {
    let index = pairs.get(map);
    if (index === undefined) {
      index = new Map(
        map.items.flatMap((pair) => (isScalar(pair.key) ? [[String(pair.key.value), pair]] : [])),
      );
      pairs.set(map, index);
    }
    return index.get(key);
  };
  return (path, part = 'value') => {
    let node = root;
    let offset = node.range?.[0] ?? 0;
    for (const [depth, step] of path.entries()) {
      let next: Node | undefined;
      if (isMap(node)) {
        const pair = pairOf(node, String(step));
        if (pair === undefined) break;
        const last = depth === path.length - 1;
        if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
        next = isNode(pair.value) ? pair.value : undefined;
        if (next !== undefined && !(last && part === 'key')) offset = next.range?.[0] ?? offset;
      } else if (isSeq(node)) {
        const item = node.items[Number(step)];
        next = isNode(item) ? item : undefined;
        if (next === undefined) break;
        offset = next.range?.[0] ?? offset;
      }
      if (next === undefined) break;
      node = next;
    }
    return place(offset);
  };
}
