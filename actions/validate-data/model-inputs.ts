import type { Contract, ContractProperty } from '../../core/formats/contract.ts';
import type { LockInput } from '../../core/formats/lock.ts';
import { nearest } from '../../core/kernel/schema.ts';
import type { CellType } from '../../core/toolkit/table/cells.ts';
import type { NestedType } from '../../core/toolkit/table/nested.ts';
import type { RuleOutcome } from './judge.ts';
import { columnName, typeOf } from './uses.ts';

const FLOATS = ['float32', 'float64'];
const INTEGERS = ['int32', 'int64'];

/** The tensor types that a column of a logical type feeds, as evaluate-model and a server of the model are fed. */
const FEEDS: Readonly<Record<CellType | NestedType, readonly string[]>> = {
  string: ['string'],
  integer: [...FLOATS, ...INTEGERS],
  number: FLOATS,
  boolean: ['bool', ...FLOATS, ...INTEGERS],
  date: [],
  timestamp: [],
  time: [],
  object: [],
  array: [],
  map: [],
  vector: [],
};

/**
 * Whether a table of a contract gives a model what it has to be fed: for each input a column of its name, of a type that feeds it, one value
 * a row, and, but for floats, which know NaN, never empty.
 */
export function inputOutcomes(
  contract: Contract,
  index: number,
  inputs: readonly LockInput[],
): readonly RuleOutcome[] {
  const table = contract.document.schema?.[index];
  if (table === undefined) return [];
  const properties = table.properties ?? [];
  return inputs.map((input) => {
    const at = properties.findIndex((property) => columnName(property) === input.name);
    const fault = inputFault(input, properties[at], properties.map(columnName));
    return {
      rule: {
        id: `${table.name}.model.${input.name}`,
        text: `the model’s input ${input.name} (${input.type}) is fed by the contract`,
        column: properties[at] === undefined ? undefined : input.name,
        place: contract.placeOf(at === -1 ? ['schema', index] : ['schema', index, 'properties', at], 'key'),
        severity: 'fail',
      },
      status: fault === undefined ? 'pass' : 'fail',
      ...(fault === undefined ? {} : { reason: fault }),
      failing: false,
      places: [],
      follows: false,
    };
  });
}

function inputFault(
  { name, type, shape }: LockInput,
  property: ContractProperty | undefined,
  columns: readonly string[],
): string | undefined {
  if (property === undefined) {
    const near = nearest(name, columns);
    return `the contract declares no column \`${name}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`;
  }
  const logical = typeOf(property);
  if (!FEEDS[logical].includes(type)) return `a column of type ${logical} does not feed ${type}`;
  const [rows, width, ...rest] = shape ?? [];
  if (rest.length > 0 || (typeof width === 'number' && width !== 1))
    return `the model takes the shape [${shape?.join(', ')}], a column gives one value a row`;
  if (typeof rows === 'number' && rows > 0) return `the model takes exactly ${rows} rows at a time`;
  const filled = property.required === true || property.primaryKey === true;
  const takesNaN = FLOATS.includes(type) && logical !== 'boolean';
  if (!filled && !takesNaN) return `the column may be empty and ${type} may not: write \`required: true\``;
  return undefined;
}
