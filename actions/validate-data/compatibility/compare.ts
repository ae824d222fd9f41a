import {
  type Contract,
  type ContractServer,
  type ContractTable,
  type DataContract,
  own,
} from '../../../core/formats/contract.ts';
import { type Change, eachPair, type Note, notebook, type Spot, under } from './change.ts';
import { ofSets } from './directions.ts';
import {
  compareCustom,
  compareFields,
  compareValues,
  declared,
  ELEMENT_FIELDS,
  type Field,
  get,
  keysOf,
  kindOf,
} from './fields.ts';
import { comparePhysicalName, compareProperties } from './properties.ts';
import { compareQuality } from './quality.ts';
import { compareRelationships } from './relationships.ts';
import { compareServiceLevels } from './service-levels.ts';

const CONTRACT_FIELDS = {
  apiVersion: 'words-changed',
  kind: 'words-changed',
  id: 'contract-id-changed',
  // How far it moved is judged against all other changes (judge.ts).
  version: 'aside',
  status: (_, next) => (next === 'retired' ? 'contract-retired' : 'status-changed'),
  name: 'words-changed',
  tenant: 'words-changed',
  tags: 'words-changed',
  servers: 'aside',
  dataProduct: 'words-changed',
  description: 'words-changed',
  domain: 'words-changed',
  context: 'words-changed',
  schema: 'aside',
  support: 'words-changed',
  price: 'words-changed',
  team: 'words-changed',
  roles: 'words-changed',
  slaDefaultElement: 'service-level-changed',
  slaProperties: 'aside',
  authoritativeDefinitions: 'words-changed',
  customProperties: 'aside',
  contractCreatedTs: 'words-changed',
} as const satisfies Readonly<Record<keyof DataContract, Field>>;

const TABLE_FIELDS = {
  ...ELEMENT_FIELDS,
  // It can only be `object`.
  logicalType: 'words-changed',
  dataGranularityDescription: 'words-changed',
  properties: 'aside',
} as const satisfies Readonly<Record<keyof ContractTable, Field>>;

/**
 * Every change from one contract to the next, in the order of `next`, what is gone after it. A contract compared with itself has none;
 * two whose texts differ in anything but `version` and the order of named things have at least one.
 */
export function compare(old: Contract, next: Contract): readonly Change[] {
  const { note, changes } = notebook(old, next);
  const root: Spot = { path: '', old: [], next: [] };
  const [before, after] = [old.document, next.document];
  compareFields(before, after, CONTRACT_FIELDS, root, note);
  compareCustom(before, after, () => 'words-changed', root, note);
  compareServers(before, after, root, note);
  eachPair<ContractTable>(
    { old: before.schema, next: after.schema, key: 'schema' },
    [({ id }) => id, ({ name }) => name],
    ({ name }) => name,
    root,
    (one, other, at) => {
      if (one !== undefined && other !== undefined) compareTable(one, other, at, note);
      else if (other !== undefined) note('table-added', at, `table ${other.name} added`);
      else if (one !== undefined) note('table-removed', at, `table ${one.name} removed`);
    },
  );
  compareServiceLevels(before, after, root, note);
  return changes;
}

function compareTable(old: ContractTable, next: ContractTable, spot: Spot, note: Note): void {
  if (old.name !== next.name) note('table-renamed', spot, `renamed from ${old.name} to ${next.name}`);
  comparePhysicalName(old, next, spot, note);
  compareFields(old, next, TABLE_FIELDS, spot, note);
  compareCustom(old, next, tableField, spot, note);
  compareRelationships({ old: old.relationships, next: next.relationships }, spot, note);
  compareQuality({ old: old.quality, next: next.quality }, spot, note);
  const closed = {
    old: own(old, 'extraColumns') === 'fail',
    next: own(next, 'extraColumns') === 'fail',
  };
  compareProperties({ old: old.properties, next: next.properties }, closed, spot, note);
}

/** The rule of a table's custom property. */
function tableField(property: string): Field {
  if (property === 'greenlight.extraColumns') {
    return (old, next) => {
      if ((old ?? 'warn') === (next ?? 'warn')) return 'words-changed';
      if (next === 'fail') return 'extra-columns-forbidden';
      return old === 'fail' ? 'extra-columns-allowed' : 'extra-columns-warning-changed';
    };
  }
  if (property === 'greenlight.quasiIdentifiers') {
    const setOf = (list: unknown): Set<string> => new Set(Array.isArray(list) ? list.map(String) : []);
    // More columns that must not single anybody out are a promise more.
    return (old, next) => {
      const direction = ofSets(setOf(next), setOf(old));
      return kindOf(direction, declared('own-property'));
    };
  }
  return property.startsWith('greenlight.') ? declared('own-property') : 'words-changed';
}

const SERVER_WORDS: readonly string[] = ['id', 'description', 'environment', 'roles'];
/** How a file is read may stand in a server's custom properties. */
const READING: readonly string[] = ['delimiter', 'header', 'quote', 'encoding', 'nullValues'];

function compareServers(old: DataContract, next: DataContract, root: Spot, note: Note): void {
  eachPair<ContractServer>(
    { old: old.servers, next: next.servers, key: 'servers' },
    [({ server }) => server, ({ id }) => id],
    ({ server }) => `servers.${server}`,
    root,
    (before, after, at) => {
      if (before !== undefined && after !== undefined) compareServer(before, after, at, note);
      else if (after !== undefined) note('server-added', at, `server ${after.server} added`);
      else if (before !== undefined) note('server-removed', at, `server ${before.server} removed`);
    },
  );
}

function compareServer(old: ContractServer, next: ContractServer, spot: Spot, note: Note): void {
  for (const key of keysOf(old, next)) {
    if (key === 'customProperties') continue;
    const field: Field = SERVER_WORDS.includes(key) ? 'words-changed' : 'server-changed';
    compareValues(field, key, get(old, key), get(next, key), under(spot, key), note);
  }
  const custom = (property: string): Field =>
    READING.includes(property) ? 'server-changed' : 'words-changed';
  compareCustom(old, next, custom, spot, note);
}
