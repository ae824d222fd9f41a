import { GreenlightError, throwIfAny } from '../kernel/errors.ts';
import type { Place } from '../kernel/place.ts';
import { checkFormat } from '../kernel/schema.ts';
import { readYaml } from '../kernel/yaml.ts';
import schema from './schemas/waiver.schema.json' with { type: 'json' };
import type { WaiverEntry, Waivers } from './schemas/waiver.types.ts';

/** Where the waivers of a repository lie unless greenlight.yaml names another file. */
export const WAIVERS_FILE = 'greenlight.waivers.yaml';

/** An accepted break of a contract, and where that is written. */
export interface Waiver extends Readonly<WaiverEntry> {
  readonly place: Place;
}

/** Reads a file of waivers. Throws `waiver/…` errors with their places: unknown keys, wrong values, days that no calendar has. */
export function readWaivers(text: string, file = WAIVERS_FILE): readonly Waiver[] {
  const document = readYaml(text, file, 'waiver');
  const { waivers } = checkFormat<Waivers>(document, schema, 'waiver');
  throwIfAny(
    waivers.flatMap(({ expires }, index) =>
      lastMoment(expires) === undefined
        ? [
            new GreenlightError({
              code: 'waiver/bad-date',
              message: `there is no day ${expires}`,
              place: document.placeOf(['waivers', index, 'expires']),
              mend: 'year-month-day, such as 2001-12-31',
            }),
          ]
        : [],
    ),
  );
  return waivers.map((waiver, index) => ({ ...waiver, place: document.placeOf(['waivers', index]) }));
}

/** Whether a waiver holds no more: its last day is over in UTC. */
export function isExpired({ expires }: Pick<Waiver, 'expires'>, now: Date): boolean {
  return now.getTime() > (lastMoment(expires) ?? -Infinity);
}

function lastMoment(day: string): number | undefined {
  const moment = new Date(`${day}T23:59:59.999Z`);
  return Number.isNaN(moment.getTime()) || moment.toISOString().slice(0, 10) !== day
    ? undefined
    : moment.getTime();
}
