import path from 'node:path';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { GreenlightError, messageOf } from '../../core/kernel/errors.ts';
import { oneLine } from '../../core/kernel/text.ts';
import { EXIT_CODES } from '../../core/kernel/verdict.ts';
import { posix } from '../../core/toolkit/files.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { openTable } from '../../core/toolkit/table/open.ts';
import { type SeenColumn, seenColumns } from './data-types.ts';

const USAGE = 'greenlight contract infer DATA';

/**
 * `greenlight contract infer`: prints a contract of what the data are like today: types, keys and nullability, which the same data then
 * keep. No value of the data is in it.
 */
export default async function infer(args: readonly string[], host: Host): Promise<number> {
  const data = readArgs(args);
  await using table = await openTable(path.resolve(host.root, data), { name: data });
  const nameless = table.columns.findIndex(({ name }) => name === '');
  if (nameless !== -1) {
    throw new GreenlightError({
      code: 'infer/no-name',
      message: `column ${nameless + 1} of ${data} has no name`,
      mend: 'name every column in the header',
    });
  }
  for (const warning of table.warnings) host.log.warn(warning.message);
  process.stdout.write(contractText(data, table.format, await seenColumns(table)));
  return EXIT_CODES.pass;
}

/** The text of a contract for data of these columns. */
export function contractText(data: string, format: string, columns: readonly SeenColumn[]): string {
  const name = nameOf(data);
  const contract = {
    apiVersion: 'v3.2.0',
    kind: 'DataContract',
    id: name,
    name,
    version: '0.1.0',
    status: 'draft',
    servers: [{ server: 'local', type: 'local', path: posix(data), format }],
    schema: [
      {
        name,
        logicalType: 'object',
        properties: columns.map((column) => ({
          name: column.name,
          ...column.type,
          ...(column.key ? { primaryKey: true } : {}),
          ...(column.required ? { required: true } : {}),
          ...(column.key ? { unique: true } : {}),
        })),
      },
    ],
  };
  const head = [
    `Made by \`greenlight contract infer ${oneLine(data)}\`: what the data are like today.`,
    'Go on from here: which columns may be empty, which values and ranges hold, what is personal data.',
  ];
  return `${head.map((line) => `# ${line}\n`).join('')}${stringify(contract, { lineWidth: 0 })}`;
}

/** `data/flights-2001.csv.gz` → flights-2001; a glob or a folder by what is left of its name. */
function nameOf(data: string): string {
  const [stem = ''] = path.basename(data).split('.');
  const plain = stem.replaceAll(/[^A-Za-z0-9_-]+/g, '-').replaceAll(/^-+|-+$/g, '');
  return plain === '' ? 'data' : plain;
}

function readArgs(args: readonly string[]): string {
  try {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true, options: {} });
    const [data, ...more] = positionals;
    if (data === undefined || more.length > 0)
      throw new Error('it takes one file, folder or glob (in quotes)');
    return data;
  } catch (cause) {
    throw new GreenlightError({ code: 'cli/bad-flag', message: messageOf(cause), mend: USAGE, cause });
  }
}
