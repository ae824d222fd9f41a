import { NUMBER } from '../../core/toolkit/table/cells.ts';
import { valueFault } from './checks.ts';
import type { Scalar, Use } from './plan.ts';
import { isTyped } from './uses.ts';

const WHOLE = /^[+-]?[0-9]+$/;
const DECIMAL = new RegExp(`^(?:${NUMBER})$`);

/**
 * The values for "missing" that a typed cell can equal: those of its type, and texts that have its form, as `-999` or `1900-01-01`. Any
 * other, such as `N/A`, is no integer's or date's.
 */
export function typedMarkers(values: readonly (Scalar | null)[], { type, form }: Use): readonly Scalar[] {
  return values.filter((value): value is Scalar => {
    if (value === null) return false;
    if (typeof value !== 'string')
      return isTyped(value, type) && !(typeof value === 'number' && !Number.isFinite(value));
    switch (type) {
      case 'string':
        return true;
      case 'integer':
        return WHOLE.test(value) && isHeld(BigInt(value.replace('+', '')), form?.wide);
      case 'number':
        return DECIMAL.test(value) && Number.isFinite(Number(value));
      case 'boolean':
        return /^(true|false)$/i.test(value);
      default:
        return valueFault(value, type, form) === undefined;
    }
  });
}

/** Whether a whole number is one of the type that bounds of such cells are written in. */
function isHeld(whole: bigint, wide: 'HUGEINT' | 'UHUGEINT' | undefined): boolean {
  const bits = wide === undefined ? 63n : wide === 'HUGEINT' ? 127n : 128n;
  return whole < 2n ** bits && whole >= (wide === 'UHUGEINT' ? 0n : -(2n ** bits));
}
