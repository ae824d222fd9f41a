import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../policies/read.ts';

const root = path.resolve(import.meta.dirname, '../..');

const pages = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
  .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
  .filter((file) => !/(^|\/)(node_modules|dist|build|\.greenlight|\.git)\//.test(file));

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

describe('the pages', () => {
  it('are found', () => {
    expect(pages).toContain('README.md');
  });

  it.each(pages)('%s links to files that exist', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const missing = links
      .filter((link) => !/^(https?:|#)/.test(link))
      .filter((link) => !existsSync(path.join(root, path.posix.dirname(page), link.replace(/#.*$/, ''))));
    expect(missing).toEqual([]);
  });

  it('show a policy that is one', () => {
    const [, policy = ''] = /```yaml\n(.*?)```/s.exec(read('docs/gates.md')) ?? [];
    expect(readPolicy(policy, 'docs/gates.md').gates).toHaveLength(4);
  });

  it('name every format', () => {
    const schemas = readdirSync(path.join(root, 'core/formats/schemas')).filter((file) =>
      file.endsWith('.schema.json'),
    );
    const text = read('docs/formats.md');
    const told = schemas.filter(
      (file) => text.includes(file) || text.includes(`greenlight.${file.split('.')[0]}/v1`),
    );
    expect(told).toEqual(schemas);
  });
});
