import { canonicalJson } from '../kernel/json.ts';
import { readFormat } from '../kernel/schema.ts';
import schema from './schemas/statement.schema.json' with { type: 'json' };
import type { ResourceDescriptor, Statement } from './schemas/statement.types.ts';

export type { ResourceDescriptor, Statement } from './schemas/statement.types.ts';

/** What our statements say, by predicateType. */
export const PREDICATES = {
  /** SLSA provenance v1 (slsa.dev/spec/v1.0/provenance): how the model was trained. */
  training: 'https://slsa.dev/provenance/v1',
  contract: 'urn:greenlight:predicate:contract:v1',
  evaluation: 'urn:greenlight:predicate:evaluation:v1',
} as const;

/** A resource by its sha256 (64 hex digits). */
export function resource(name: string, sha256: string): ResourceDescriptor {
  return { name, digest: { sha256 } };
}

/** An in-toto Statement v1 about `subject`. */
export function statement(
  subject: ResourceDescriptor[],
  predicateType: string,
  predicate: object,
): Statement {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subject as [ResourceDescriptor, ...ResourceDescriptor[]],
    predicateType,
    predicate: predicate as Statement['predicate'],
  };
}

/** Reads a statement. Throws `statement/…` errors. */
export function readStatement(text: string, file: string): Statement {
  return readFormat<Statement>(text, file, schema, 'statement');
}

/** The canonical bytes of a statement. */
export function writeStatement(statement: Statement): string {
  return canonicalJson(statement);
}
