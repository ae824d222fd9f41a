import { identifier } from '../sql.ts';

const PLACEHOLDER = /"\$?\{(?:object|property)\}"|\$?\{(?:object|property)\}/g;

/**
 * Puts the names of the table and the column where a query of a contract says `{object}` and `{property}` (ODCS 3.1 and 3.2, "Data
 * Quality", "SQL"; `${object}` and `${property}` in 3.0), as quoted identifiers, whatever characters they hold; quotes around a
 * placeholder are not doubled. Without a property, `{property}` stays, which no SQL parser accepts.
 */
export function fillQuery(query: string, object: string, property?: string): string {
  return query.replaceAll(PLACEHOLDER, (placeholder) => {
    const name = placeholder.includes('object') ? object : property;
    return name === undefined ? placeholder : identifier(name);
  });
}
