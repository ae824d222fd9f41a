import { describe, expect, it } from 'vitest';
import { readContract } from '../../core/formats/contract.ts';
import { type ServerSource, serverOf } from '../../core/formats/contract-servers.ts';
import { userErrors } from '../../core/kernel/errors.ts';
import { formatPlace } from '../../core/kernel/place.ts';

function chosen(servers: string, name?: string): ServerSource {
  const text = `apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0.0\nservers:\n${servers.replaceAll(/^/gm, '  ')}\n`;
  return serverOf(readContract(text, 'c.yaml'), name);
}

function fault(servers: string, name?: string): string {
  try {
    chosen(servers, name);
    return '';
  } catch (thrown) {
    return userErrors(thrown)
      .map(({ code, message, place, mend }) => `${code} ${place && formatPlace(place)} ${message} → ${mend}`)
      .join('\n');
  }
}

const LOCAL = '- { server: here, type: local, path: "data/*.csv", format: csv }';
const S3 = '- { server: lake, type: s3, location: "s3://b/c", format: parquet }';

describe('the server of a contract', () => {
  it('is the only one, or the one that is named', () => {
    expect(chosen(LOCAL)).toEqual({
      kind: 'files',
      server: 'here',
      path: 'data/*.csv',
      form: { format: 'csv' },
    });
    expect(chosen(`${S3}\n${LOCAL}`, 'here').server).toBe('here');
  });

  it('is asked for where there are several, listing them', () => {
    expect(fault(`${S3}\n${LOCAL}`)).toMatch(
      /^contract\/several-servers .*lake \(s3\), here \(local\).*--server/,
    );
    expect(fault(LOCAL, 'hree')).toMatch(/^contract\/unknown-server .*did you mean `here`\?/);
    expect(fault('[]')).toMatch(/^contract\/no-server .*--data/);
  });

  it('says how to judge data of a type that is not read', () => {
    expect(fault(S3)).toMatch(
      /^contract\/unreadable-server c\.yaml:6:\d+ .*type s3.*--data PATH.*postgresql or trino$/,
    );
  });

  it('says how its files are written, on the entry or as custom properties', () => {
    expect(
      chosen(
        `${LOCAL.slice(0, -1)}, delimiter: ";", header: false, quote: "'", encoding: latin-1, nullValues: [NA] }`,
      ),
    ).toMatchObject({
      form: {
        format: 'csv',
        delimiter: ';',
        header: false,
        quote: "'",
        encoding: 'latin-1',
        nullValues: ['NA'],
      },
    });
    expect(
      chosen(
        `${LOCAL.slice(0, -1)}, customProperties: [{ property: delimiter, value: "\\t" }, { property: nullValues, value: NA }] }`,
      ),
    ).toMatchObject({ form: { delimiter: '\t', nullValues: ['NA'] } });
  });

  it.each([
    ['json', 'new_line', 'ndjson'],
    ['json', 'array', 'json'],
    ['JSON', undefined, 'json'],
    ['ndjson', undefined, 'ndjson'],
    ['parquet', undefined, 'parquet'],
  ])('reads the format %s with the delimiter %s as %s', (format, delimiter, read) => {
    const more = delimiter === undefined ? '' : `, delimiter: ${delimiter}`;
    expect(chosen(`- { server: s, type: local, path: p, format: ${format}${more} }`)).toMatchObject({
      form: { format: read },
    });
  });

  it.each([
    ['a format that is not read', 'path: p, format: delta', /delta.*csv, parquet/],
    ['a format that every object has', 'path: p, format: constructor', /constructor/],
    ['a delimiter of two characters', 'path: p, format: csv, delimiter: "||"', /`delimiter`/],
    [
      'a header that is a text',
      'path: p, format: csv, customProperties: [{ property: header, value: "yes" }]',
      /`header`/,
    ],
    ['a variable', 'path: "${DIR}/p", format: csv', /variables/],
  ])('refuses %s', (_, entry, message) => {
    expect(fault(`- { server: s, type: local, ${entry} }`)).toMatch(/^contract\/bad-server c\.yaml:6:/);
    expect(fault(`- { server: s, type: local, ${entry} }`)).toMatch(message);
  });

  it('is a database with a port', () => {
    expect(chosen('- { server: p, type: postgres, host: h, port: "5432", database: d, schema: s }')).toEqual({
      kind: 'postgresql',
      server: 'p',
      host: 'h',
      port: 5432,
      database: 'd',
      schema: 's',
    });
    expect(chosen('- { server: t, type: trino, host: h, port: 8080, catalog: c, schema: s }')).toEqual({
      kind: 'trino',
      server: 't',
      host: 'h',
      port: 8080,
      catalog: 'c',
      schema: 's',
    });
    expect(
      fault('- { server: p, type: postgres, host: h, port: "${PORT}", database: d, schema: s }'),
    ).toMatch(/^contract\/bad-server c\.yaml:6:\d+ the port/);
  });
});
