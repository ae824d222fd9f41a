import type {
  ContractProperty,
  ContractServiceLevel,
  ContractTable,
  DataContract,
} from '../../core/formats/contract.ts';
import { type Check, none, unsupported } from './checks.ts';
import type { Use } from './plan.ts';
import type { Add } from './rules.ts';
import { unitOf } from './time-units.ts';
import { useOf } from './uses.ts';

/** The service levels of the data QoS table of ODCS, by name and abbreviation; true for those that data can show. */
const KNOWN: ReadonlyMap<string, boolean> = new Map(
  Object.entries({
    latency: true,
    ly: true,
    freshness: true,
    retention: true,
    re: true,
    availability: false,
    av: false,
    throughput: false,
    th: false,
    errorrate: false,
    er: false,
    generalavailability: false,
    ga: false,
    endofsupport: false,
    es: false,
    endoflife: false,
    el: false,
    frequency: false,
    fy: false,
    timetodetect: false,
    td: false,
    timetonotify: false,
    tn: false,
    timetorepair: false,
    tr: false,
    timeofavailability: false,
    ta: false,
  }),
);

/** The first moment that data can hold. */
const YEAR_1 = Date.parse('0001-01-01T00:00:00Z');

/** The service levels, each for the columns of this table that its `element` names. */
export function serviceLevelRules(contract: DataContract, table: ContractTable, now: Date, add: Add): void {
  for (const [index, level] of (contract.slaProperties ?? []).entries()) {
    const at = ['slaProperties', index];
    const id = `slaProperties[${index}].${level.property}`;
    const shown = KNOWN.get(level.property.toLowerCase());
    const text = `service level ${level.property}`;
    if (shown === undefined) {
      add(id, text, at, unsupported(`the service level \`${level.property}\`, which ODCS does not know`));
    } else if (!shown) {
      add(id, text, at, { kind: 'stated', reason: 'a service level that this data does not show' });
    } else {
      const elements = (level.element ?? contract.slaDefaultElement ?? '')
        .split(',')
        .map((name) => name.trim());
      for (const element of elements.filter((name) => isOf(name, table))) {
        add(
          `${id}${elements.length > 1 ? `.${element}` : ''}`,
          `${text} of ${element}`,
          at,
          shownCheck(level, element, table, now),
        );
      }
      const tables = contract.schema ?? [];
      const lost = elements.find((name) => name !== '' && !tables.some((one) => isOf(name, one)));
      if (lost !== undefined)
        add(id, text, at, unsupported(`\`${lost}\`, which names no table of the contract`));
      if (elements.every((name) => name === ''))
        add(id, text, at, unsupported('a service level without the `element` that shows it'));
    }
  }
}

/** Whether an element `table.column` is of this table; one without a table is of each. */
function isOf(element: string, table: ContractTable): boolean {
  if (element === '') return false;
  const [owner] = element.split('.');
  return !element.includes('.') || owner === table.name || owner === table.physicalName;
}

function shownCheck(level: ContractServiceLevel, element: string, table: ContractTable, now: Date): Check {
  const property = table.properties?.find(({ name }) => name === element.split('.').at(-1));
  if (property === undefined) return unsupported(`\`${element}\`, which is no column of ${table.name}`);
  const of = momentOf(property);
  if (of === undefined) return unsupported(`\`${element}\`, which is no date or timestamp`);
  const unit = level.unit === undefined ? undefined : unitOf(level.unit);
  const amount = Number(level.value);
  if (unit === undefined || level.value === null || !Number.isFinite(amount) || amount <= 0)
    return unsupported(
      `\`${level.value} ${level.unit ?? ''}\` as a length of time: write d, h, min, M (months) or y`,
    );
  const moment = now.getTime() - amount * (unit * 1000);
  if (moment < YEAR_1) return unsupported(`\`${level.value} ${level.unit}\`, which began before the year 1`);
  const edge = new Date(moment).toISOString();
  const bound = of.type === 'date' ? edge.slice(0, 10) : edge;
  if (['retention', 're'].includes(level.property.toLowerCase())) return none({ is: 'less', of, bound });
  return {
    kind: 'measured',
    measure: { count: 'condition', condition: { is: 'greater-or-equal', of, bound } },
    expect: { operator: 'mustBeGreaterThan', operand: [0], unit: 'rows' },
    broken: `no row is newer than ${level.value} ${level.unit}`,
  };
}

function momentOf(property: ContractProperty): Use | undefined {
  const use = useOf(property);
  return use.type === 'date' || use.type === 'timestamp' ? (use as Use) : undefined;
}
