import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAction } from '@actions/workflow-parser/actions/action-parser';
import { NoOperationTraceWriter } from '@actions/workflow-parser/templates/trace-writer';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ACTIONS } from '../../cli/actions.ts';
import { COMMON_INPUTS } from '../../cli/perform.ts';

const root = path.resolve(import.meta.dirname, '../..');

interface ActionFile {
  readonly name: string;
  readonly description: string;
  readonly inputs: Readonly<Record<string, { readonly description?: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description?: string }>>;
  readonly runs: { readonly using: string; readonly main: string };
}

const read = (name: string, file: string) => readFileSync(path.join(root, 'actions', name, file), 'utf8');

describe('actions/', () => {
  it('holds the actions that the bundle knows, and no other', () => {
    const folders = readdirSync(path.join(root, 'actions')).filter((name) =>
      existsSync(path.join(root, 'actions', name, 'action.yml')),
    );
    expect(folders.sort()).toEqual(Object.keys(ACTIONS).sort());
  });
});

describe.each(Object.keys(ACTIONS))('actions/%s', (name) => {
  const text = read(name, 'action.yml');
  const file = parse(text) as ActionFile;

  it("is an action by GitHub's own parser", () => {
    const result = parseAction({ name: 'action.yml', content: text }, new NoOperationTraceWriter());
    expect(result.context.errors.getErrors().map(String)).toEqual([]);
  });

  it('starts its stub of the bundle on Node.js 24', () => {
    expect(file.runs).toEqual({ using: 'node24', main: `../../dist/${name}.js` });
  });

  it('declares the inputs that its code reads, each with the same words and default', async () => {
    const action = (await ACTIONS[name]?.())?.default;
    const specs = { ...(action?.inputs as typeof COMMON_INPUTS), ...COMMON_INPUTS };
    expect(Object.keys(file.inputs).sort()).toEqual(Object.keys(specs).sort());
    for (const [input, spec] of Object.entries(specs)) {
      const declared = file.inputs[input];
      expect(declared?.description, input).toBe(spec.description);
      if (input !== 'token') expect(declared?.default, input).toBe(spec.default);
    }
    expect(action?.name).toBe(name);
  });

  it('says what it is and what it hands on', () => {
    expect(file.name).toBe(`Greenlight ${name}`);
    expect(file.description).toMatch(/\S/);
    expect(Object.keys(file.outputs)).toContain('verdict');
    for (const [output, { description }] of Object.entries(file.outputs))
      expect(description, output).toMatch(/\S/);
  });

  it('has a README whose tables `npm run sync` fills', () => {
    const readme = read(name, 'README.md');
    for (const marker of ['inputs', 'outputs']) {
      expect(readme).toContain(`<!-- ${marker} -->`);
      expect(readme).toContain(`<!-- /${marker} -->`);
    }
  });
});
