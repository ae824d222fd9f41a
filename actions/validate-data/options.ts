import type { ContractTypeOptions } from '../../core/formats/contract.ts';
import { emptyRanges } from '../../core/formats/contract-thresholds.ts';
import type { Path } from '../../core/kernel/yaml.ts';
import type { CellType } from '../../core/toolkit/table/cells.ts';
import type { NestedType } from '../../core/toolkit/table/nested.ts';
import { timePattern } from '../../core/toolkit/table/time-pattern.ts';
import { boundFault, type Check, none, unsupported } from './checks.ts';
import { FORMATS } from './formats.ts';
import type { Condition, Use } from './plan.ts';
import type { Add } from './rules.ts';
import { isNested, isZone } from './uses.ts';

type AnyUse = Use<CellType | NestedType>;

/** The check that cells have the type, or why its options let no cell be read. */
export function typeCheck(of: AnyUse, options: ContractTypeOptions): Check {
  const { type } = of;
  if (type !== 'date' && type !== 'timestamp' && type !== 'time') return { kind: 'type', of };
  const pattern = options.format === undefined ? undefined : timePattern(options.format);
  if (pattern !== undefined && 'construct' in pattern)
    return unsupported(`\`${pattern.construct}\` in a \`format\` of dates and times`);
  if (
    pattern !== undefined &&
    options.timezone !== undefined &&
    options.timezone !== pattern.strptime.includes('%z')
  )
    return unsupported('`timezone` against a `format` that says otherwise');
  if (type === 'time' && options.timezone === true) return unsupported('`timezone: true` of times of day');
  if (options.defaultTimezone !== undefined && !isZone(options.defaultTimezone))
    return unsupported(`the zone \`${options.defaultTimezone}\``);
  return { kind: 'type', of };
}

const BOUNDS = [
  ['minimum', 'less', '≥'],
  ['exclusiveMinimum', 'less-or-equal', '>'],
  ['maximum', 'greater', '≤'],
  ['exclusiveMaximum', 'greater-or-equal', '<'],
] as const;

/** The rules of `logicalTypeOptions`. */
export function optionRules(of: AnyUse, words: string, options: ContractTypeOptions, add: Add): void {
  const empty = emptyRanges(options);
  const within: ContractTypeOptions = { ...options };
  for (const { lower, upper } of empty) {
    add(
      upper,
      `${words} is between ${lower} and ${upper}`,
      at(upper),
      unsupported('a range with nothing in it'),
    );
    delete within[lower];
    delete within[upper];
  }
  if (isNested(of.type)) nestedRules(of as Use<NestedType>, words, within, add);
  else plainRules(of as Use, words, within, add);
}

function at(key: string): Path {
  return ['logicalTypeOptions', key];
}

function plainRules(of: Use, words: string, options: ContractTypeOptions, add: Add): void {
  const { type, form = {} } = of;
  for (const [key, is, sign] of BOUNDS) {
    const bound = options[key];
    if (bound === undefined) continue;
    const reason = boundFault(bound, type, form);
    const check = reason === undefined ? none({ is, of, bound }) : unsupported(reason);
    add(key, `${words} ${sign} ${bound}`, at(key), check);
  }
  const { minLength, maxLength, pattern, multipleOf, format } = options;
  // The standard lets every option stand with a boolean.
  const only = (types: readonly CellType[], check: Check): Check =>
    types.includes(type) ? check : unsupported(`an option that ${type} does not have`);
  if (minLength !== undefined) {
    const check = only(['string'], none({ is: 'shorter', of, bound: minLength }));
    add('minLength', `${words} has at least ${minLength} characters`, at('minLength'), check);
  }
  if (maxLength !== undefined) {
    const check = only(['string'], none({ is: 'longer', of, bound: maxLength }));
    add('maxLength', `${words} has at most ${maxLength} characters`, at('maxLength'), check);
  }
  if (pattern !== undefined)
    add(
      'pattern',
      `${words} matches ${pattern}`,
      at('pattern'),
      only(['string'], none({ is: 'no-match', of, pattern })),
    );
  if (multipleOf !== undefined) {
    const check = only(['integer', 'number'], none({ is: 'not-multiple', of, bound: multipleOf }));
    add('multipleOf', `${words} is a multiple of ${multipleOf}`, at('multipleOf'), check);
  }
  if (format !== undefined) formatRules(of, words, format, add);
}

/** The largest finite number of IEEE 754's binary32. */
const LARGEST_F32 = 3.4028234663852886e38;

function formatRules(of: Use, words: string, format: string, add: Add): void {
  const text = `${words} has the format ${format}`;
  const tell = (check: Check): void => add('format', text, at('format'), check);
  if (of.type === 'string') {
    const known = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
    if (known === 'stated') tell({ kind: 'stated', reason: `\`${format}\` says nothing that data shows` });
    else
      tell(
        known === undefined
          ? unsupported(`the format \`${format}\``)
          : none({ is: 'no-match', of, pattern: known }),
      );
  } else if (of.type === 'integer') {
    tell(integerFormat(of, format));
  } else if (of.type === 'number') {
    tell(
      format === 'f32'
        ? none({
            is: 'any',
            of: [
              { is: 'less', of, bound: -LARGEST_F32 },
              { is: 'greater', of, bound: LARGEST_F32 },
            ],
          })
        : none({ is: 'not-of-type', of }),
    );
  }
  // The format of dates and times is part of their type.
}

function integerFormat(of: Use, format: string): Check {
  const bits = Number(format.slice(1));
  const unsigned = format.startsWith('u');
  const conditions: Condition[] = [{ is: 'not-of-type', of }];
  if (unsigned) conditions.push({ is: 'less', of, bound: 0 });
  if (bits <= 32) {
    const high = unsigned ? 2 ** bits - 1 : 2 ** (bits - 1) - 1;
    if (!unsigned) conditions.push({ is: 'less', of, bound: -high - 1 });
    conditions.push({ is: 'greater', of, bound: high });
  }
  // Text beyond 32 bits is read as what has the range, but for u64; a file of types may hold more.
  if (format === 'i64') {
    conditions.push({ is: 'less', of, bound: '-9223372036854775808' });
    conditions.push({ is: 'greater', of, bound: '9223372036854775807' });
  }
  if (format === 'u64') conditions.push({ is: 'greater', of, bound: '18446744073709551615' });
  return none({ is: 'any', of: conditions });
}

function nestedRules(of: Use<NestedType>, words: string, options: ContractTypeOptions, add: Add): void {
  const sizes = [
    ['minProperties', 'fewer', 'at least', 'properties'],
    ['maxProperties', 'more', 'at most', 'properties'],
    ['minItems', 'fewer', 'at least', 'items'],
    ['maxItems', 'more', 'at most', 'items'],
  ] as const;
  for (const [key, is, bounded, what] of sizes) {
    const bound = options[key];
    if (bound !== undefined)
      add(key, `${words} has ${bounded} ${bound} ${what}`, at(key), none({ is, of, bound }));
  }
  if (options.uniqueItems === true)
    add(
      'uniqueItems',
      `the items of ${words} are unique`,
      at('uniqueItems'),
      none({ is: 'repeated-items', of }),
    );
  for (const key of options.required ?? [])
    add(
      `required.${key}`,
      `${words} has the property ${key}`,
      at('required'),
      none({ is: 'no-key', of, key }),
    );
  if (options.dimensions !== undefined) {
    const bound = options.dimensions;
    const check = none({
      is: 'any',
      of: [
        { is: 'fewer', of, bound },
        { is: 'more', of, bound },
      ],
    });
    add('dimensions', `${words} has ${bound} dimensions`, at('dimensions'), check);
  }
}
