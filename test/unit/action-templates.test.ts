import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readContract } from '../../core/formats/contract.ts';
import { readManifest, selectModel } from '../../core/formats/manifest.ts';
import { readParams, readPipeline } from '../../core/formats/pipeline.ts';
import { readYaml } from '../../core/kernel/yaml.ts';
import { readPolicy } from '../../policies/read.ts';

const folder = path.resolve(import.meta.dirname, '../../action-templates');
const read = (file: string): string => readFileSync(path.join(folder, file), 'utf8');

describe('the templates that a repository copies', () => {
  const { model } = selectModel(readManifest(read('greenlight.yaml')), undefined);

  it('hold together: every file that the manifest names can be read', () => {
    expect(model.data.train.contract).toBe('contracts/data.odcs.yaml');
    expect(readContract(read('contracts/data.odcs.yaml'), 'data.odcs.yaml').document.id).toBe('my-data');
    expect(readPolicy(read('policies/model.yaml'), 'model.yaml').gates).toHaveLength(3);
  });

  it('train the model that the manifest names, with parameters that are there', () => {
    const { stages } = readPipeline(read('dvc.yaml'), 'dvc.yaml');
    expect(stages.flatMap((stage) => stage.outs.map((out) => out.path))).toContain(model.model);
    for (const stage of stages)
      expect(readParams(stage, (file) => readYaml(read(file), file, 'params'))).toEqual({
        'params.yaml:seed': 1,
      });
  });
});
