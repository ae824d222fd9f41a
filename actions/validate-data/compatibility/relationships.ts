import type { ContractRelationship, ContractTableRelationship } from '../../../core/formats/contract.ts';
import { eachPair, type Lists, type Note, type Spot, valueChange } from './change.ts';
import { identity } from './pairs.ts';

type Relationship = ContractRelationship | ContractTableRelationship;

/** Compares foreign keys: by id, else by what they join. */
export function compareRelationships(lists: Omit<Lists<Relationship>, 'key'>, spot: Spot, note: Note): void {
  const ends = (relationship: Relationship): string =>
    identity([[('from' in relationship && relationship.from) || []].flat(), [relationship.to].flat()]);
  const target = ({ to }: Relationship): string => [to].flat().join(', ');
  eachPair<Relationship>(
    { ...lists, key: 'relationships' },
    [({ id }) => id, ends],
    (relationship) => `relationships.${target(relationship)}`,
    spot,
    (old, next, at) => {
      if (old !== undefined && next !== undefined) {
        if (ends(old) !== ends(next))
          note('relationship-changed', at, valueChange('foreign key', target(old), target(next)));
        else if (identity(old) !== identity(next))
          note('words-changed', at, 'foreign key described otherwise');
      } else if (next !== undefined) note('relationship-added', at, `foreign key to ${target(next)} added`);
      else if (old !== undefined) note('relationship-removed', at, `foreign key to ${target(old)} removed`);
    },
  );
}
