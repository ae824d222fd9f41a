// Writes what is derived from a source in this repository; `--check` only compares and fails on a difference.
//   core/formats/schemas/*.schema.json, policies/*.schema.json → TypeScript types beside them
//   workflows/*.yml → .github/workflows/
//   actions/*/action.yml → the tables of inputs and outputs in the README.md beside it, between `<!-- inputs -->` and `<!-- /inputs -->`
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compile } from 'json-schema-to-typescript';
import { parse } from 'yaml';

const root = path.resolve(import.meta.dirname, '..');
const check = process.argv.includes('--check');
const stale = [];

async function emit(file, content) {
  const target = path.join(root, file);
  const present = await readFile(target, 'utf8').catch(() => undefined);
  if (present === content) return;
  if (check) {
    stale.push(file);
    return;
  }
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, content);
  console.log(`wrote ${file}`);
}

async function list(folder, suffix) {
  const names = await readdir(path.join(root, folder)).catch(() => []);
  return names
    .filter((name) => name.endsWith(suffix))
    .sort()
    .map((name) => `${folder}/${name}`);
}

for (const folder of ['core/formats/schemas', 'policies']) {
  for (const file of await list(folder, '.schema.json')) {
    const schema = JSON.parse(await readFile(path.join(root, file), 'utf8'));
    const types = await compile(shape(schema), schema.title, {
      bannerComment: `// Made by \`npm run sync\` from ${path.basename(file)}: change that.`,
      style: { singleQuote: true, printWidth: 110 },
      additionalProperties: false,
      strictIndexSignatures: true,
    });
    await emit(file.replace(/\.schema\.json$/, '.types.ts'), types);
  }
}

for (const file of await list('workflows', '.yml')) {
  const source = await readFile(path.join(root, file), 'utf8');
  await emit(`.github/${file}`, `# Made by \`npm run sync\` from ${file}: change that.\n${source}`);
}

for (const name of (await readdir(path.join(root, 'actions'))).sort()) {
  const action = await readFile(path.join(root, 'actions', name, 'action.yml'), 'utf8').catch(
    () => undefined,
  );
  const readme = await readFile(path.join(root, 'actions', name, 'README.md'), 'utf8').catch(() => undefined);
  if (action === undefined || readme === undefined) continue;
  const { inputs = {}, outputs = {} } = parse(action);
  const withInputs = between(readme, 'inputs', [
    ['input', 'what', 'default'],
    ...Object.entries(inputs).map(([input, spec]) => [code(input), spec.description, code(spec.default)]),
  ]);
  const withOutputs = between(withInputs, 'outputs', [
    ['output', 'what'],
    ...Object.entries(outputs).map(([output, spec]) => [code(output), spec.description]),
  ]);
  await emit(`actions/${name}/README.md`, withOutputs);
}

if (stale.length > 0) {
  console.error(`Out of date, run \`npm run sync\`:\n  ${stale.join('\n  ')}`);
  process.exit(1);
}

/** A schema without its conditions: they narrow what a key may hold and never add one, and the types can't say them. */
function shape(schema) {
  if (Array.isArray(schema)) return schema.map(shape);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { allOf: _, ...rest } = schema;
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, shape(value)]));
}

function code(text) {
  return text === undefined ? '' : `\`${text}\``;
}

/** The text with a table between its markers; unchanged where it has none (a test asks for them). */
function between(text, marker, rows) {
  const [open, close] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`];
  const [start, end] = [text.indexOf(open), text.indexOf(close)];
  if (start === -1 || end < start) return text;
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')));
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  const table = [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n');
  return `${text.slice(0, start + open.length)}\n\n${table}\n\n${text.slice(end)}`;
}
