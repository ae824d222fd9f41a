import type { Contract, ContractProperty, ContractTable } from '../../core/formats/contract.ts';
import type { Path } from '../../core/kernel/yaml.ts';
import type { CellType } from '../../core/toolkit/table/cells.ts';
import type { NestedType, Step } from '../../core/toolkit/table/nested.ts';
import { NONE, none, unsupported } from './checks.ts';
import { optionRules, typeCheck } from './options.ts';
import type { Use } from './plan.ts';
import { columnMetric, qualityRules, type Standing, setCheck } from './quality.ts';
import { propertyRelationships } from './relationships.ts';
import type { Add } from './rules.ts';
import { objectName } from './table-rules.ts';
import { columnName, formOf, isComparable, isNested, typeOf } from './uses.ts';

/** A column, or what is within its cells. */
interface Subject {
  /** `flights.delay`, `orders.lines.items.price`. */
  readonly id: string;
  /** As people read it: `delay`, `lines[].price`. */
  readonly words: string;
  readonly column: string;
  readonly steps: readonly Step[];
  /** The property's path in the contract. */
  readonly at: Path;
}

type Adder = (id: string, column: string | undefined, at: Path) => Add;

/** The rules of a table's columns and of what is within their cells. */
export function columnRules(contract: Contract, table: ContractTable, path: Path, adder: Adder): void {
  for (const [index, property] of (table.properties ?? []).entries()) {
    const column = columnName(property);
    const at = [...path, 'properties', index];
    const subject = { id: `${table.name}.${property.name}`, words: column, column, steps: [], at };
    const add = adder(subject.id, column, at);
    if (property.semanticType === 'measure') {
      add('measure', `${column} is a measure`, ['semanticType'], {
        kind: 'stated',
        reason: 'a measure is no column',
      });
      continue;
    }
    add('present', `column ${column} is there`, ['name'], { kind: 'present' });
    subjectRules(contract, table, subject, property, adder);
  }
}

function subjectRules(
  contract: Contract,
  table: ContractTable,
  subject: Subject,
  property: ContractProperty,
  adder: Adder,
): void {
  const { id, words, column, steps, at } = subject;
  const add = adder(id, column, at);
  const type = typeOf(property);
  const options = property.logicalTypeOptions ?? {};
  const form = formOf(type, options);
  const of: Use<CellType | NestedType> = {
    column,
    ...(steps.length === 0 ? {} : { path: steps }),
    type,
    ...(form === undefined ? {} : { form }),
  };
  if (property.logicalType !== undefined)
    add('type', `${words} is of type ${type}`, ['logicalType'], typeCheck(of, options));
  optionRules(of, words, options, add);
  if (property.enum !== undefined) {
    const values = property.enum.map(({ value }) => value).filter((value) => value !== null);
    const check = isNested(type) ? unsupported(`an \`enum\` of type ${type}`) : setCheck(of as Use, values);
    add('enum', `${words} is one of ${values.length} values`, ['enum'], check);
  }
  if (property.primaryKey === true && steps.length > 0)
    add(
      'primaryKey.unique',
      `${words} is a key`,
      ['primaryKey'],
      unsupported('a `primaryKey` within a cell'),
    );
  if (property.required === true || property.primaryKey === true) {
    const key = property.required === true ? 'required' : 'primaryKey';
    add(key, `${words} is never empty`, [key], none({ is: 'null', of }));
  }
  if (property.unique === true) {
    const check = isComparable(of)
      ? ({ kind: 'measured', measure: { count: 'repeats', of: [of] }, expect: NONE } as const)
      : unsupported('`unique` of what is within a list, or of a nested type');
    add('unique', `${words} is unique`, ['unique'], check);
  }
  const standing: Standing = {
    properties: table.properties ?? [],
    object: objectName(table),
    ...(steps.length === 0 ? { property: property.name } : {}),
  };
  qualityRules(words, property.quality, standing, add, (metric, quality) =>
    columnMetric(of, metric, quality),
  );
  if (property.physicalType !== undefined) {
    const check = { kind: 'physical-type', declared: property.physicalType, of } as const;
    add('physicalType', `${words} is stored as ${property.physicalType}`, ['physicalType'], check);
  }
  if (property.relationships !== undefined) propertyRelationships(contract, property, of, words, add);
  withinRules(contract, table, subject, property, adder);
}

/** The rules of an object's properties, an array's items, a map's keys and values. */
function withinRules(
  contract: Contract,
  table: ContractTable,
  subject: Subject,
  property: ContractProperty,
  adder: Adder,
): void {
  const within = (below: Path, name: string, words: string, step: Step, inner: object): void =>
    subjectRules(
      contract,
      table,
      {
        id: `${subject.id}.${name}`,
        words: `${subject.words}${words}`,
        column: subject.column,
        steps: [...subject.steps, step],
        at: [...subject.at, ...below],
      },
      inner as ContractProperty,
      adder,
    );
  const type = typeOf(property);
  if (type === 'object') {
    for (const [index, inner] of (property.properties ?? []).entries()) {
      const key = columnName(inner);
      within(['properties', index], inner.name, `.${key}`, { key }, inner);
    }
  }
  if (type === 'array' && property.items !== undefined)
    within(['items'], 'items', '[]', { each: 'item' }, property.items);
  if (type === 'map' && property.map !== undefined) {
    within(['map', 'key'], 'map.key', ' (each key)', { each: 'key' }, property.map.key);
    within(['map', 'value'], 'map.value', ' (each value)', { each: 'value' }, property.map.value);
  }
  const add = adder(subject.id, subject.column, subject.at);
  for (const [key, owner] of [
    ['properties', 'object'],
    ['items', 'array'],
    ['map', 'map'],
  ] as const) {
    if (property[key] !== undefined && type !== owner) {
      add(key, `${key} of ${subject.words}`, [key], unsupported(`\`${key}\` of what is no ${owner}`));
    }
  }
}
