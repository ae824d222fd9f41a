import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
} from 'yaml';
import { GreenlightError, throwIfAny } from './errors.ts';
import type { Place } from './place.ts';

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
 * file without bound), no tags of one's own, one document. Throws every fault at once with file, line and column.
 */
export function readYaml(text: string, file: string, area: string): Positioned {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    uniqueKeys: true,
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
    new GreenlightError({ code: `${area}/${code}`, message, place: place(offset), mend });

  if (!Array.isArray(documents) || documents[0] === undefined) {
    throw fault('empty-file', `${file} is empty`, 0);
  }
  const [document, second] = documents;
  const errors = [...document.errors, ...document.warnings].map((error) =>
    fault(`yaml-${error.code.toLowerCase().replaceAll('_', '-')}`, error.message, error.pos[0]),
  );
  if (second !== undefined) {
    errors.push(
      fault('several-documents', 'one document a file', second.range[0], 'remove everything from `---` on'),
    );
  }
  visit(document, (_, node) => {
    if (isAlias(node)) {
      errors.push(
        fault(
          'yaml-alias',
          'aliases (`*name`) are not read here',
          node.range?.[0] ?? 0,
          'write the value out',
        ),
      );
    }
  });
  throwIfAny(errors);
  if (document.contents === null) throw fault('empty-file', `${file} is empty`, 0);

  return {
    file,
    value: document.toJS(),
    placeOf(path, part = 'value') {
      let node: Node = document.contents as Node;
      let offset = node.range?.[0] ?? 0;
      for (const step of path) {
        let next: Node | undefined;
        if (isMap(node)) {
          const pair = node.items.find(
            (item) => isScalar(item.key) && String(item.key.value) === String(step),
          );
          if (pair === undefined) break;
          const last = step === path.at(-1);
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
    },
  };
}
