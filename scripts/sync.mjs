// Writes what is derived from a source in this repository; `--check` only compares and fails on a difference.
//   core/formats/schemas/*.schema.json, policies/*.schema.json → TypeScript types beside them
//   workflows/*.yml → .github/workflows/
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compile } from 'json-schema-to-typescript';

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
    const types = await compile(schema, schema.title, {
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

if (stale.length > 0) {
  console.error(`Out of date, run \`npm run sync\`:\n  ${stale.join('\n  ')}`);
  process.exit(1);
}
