import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** params.yaml of the repository that the command runs in. */
export function readParams() {
  return parse(readFileSync('params.yaml', 'utf8'));
}
