import { GreenlightError, throwIfAny, userErrors } from '../kernel/errors.ts';
import { checkFormat } from '../kernel/schema.ts';
import { type Positioned, readYaml } from '../kernel/yaml.ts';
import { contractFaults } from './contract-faults.ts';
import type { Contract, DataContract } from './contract-model.ts';
import schema from './schemas/contract.schema.json' with { type: 'json' };

export * from './contract-model.ts';

/** Twenty times a contract of 2,000 columns. */
const LONGEST = 4 << 20;

/**
 * Reads an ODCS contract of version 3.0 to 3.2. Throws every fault at once as `contract/…` errors with their places: YAML faults,
 * unknown keys, wrong values, names used twice, patterns that are none, quality rules without exactly one operator.
 */
export function readContract(text: string, file: string): Contract {
  if (text.length > LONGEST) {
    throw new GreenlightError({
      code: 'contract/too-long',
      message: `${file} has ${text.length} characters: no contract is that long`,
      place: { file },
      mend: `at most ${LONGEST}`,
    });
  }
  return checkContract(readYaml(text, file, 'contract', { exact: true }));
}

/** The contract that a document is, which was already read. Throws as {@link readContract} does. */
export function checkContract(positioned: Positioned): Contract {
  const errors: GreenlightError[] = [];
  try {
    checkFormat<DataContract>(positioned, schema, 'contract');
  } catch (thrown) {
    const faults = userErrors(thrown);
    if (faults.length === 0) throw thrown;
    errors.push(...faults);
  }
  errors.push(...contractFaults(positioned));
  throwIfAny(errors);
  const document = positioned.value as DataContract;
  return { file: positioned.file, document, placeOf: (path, part) => positioned.placeOf(path, part) };
}
