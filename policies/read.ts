import { GreenlightError, throwIfAny } from '../core/kernel/errors.ts';
import { checkFormat, nearest } from '../core/kernel/schema.ts';
import { type Path, type Positioned, readYaml } from '../core/kernel/yaml.ts';
import schema from './evaluation-policy.schema.json' with { type: 'json' };
import type { EvaluationPolicy, PolicyGate } from './evaluation-policy.types.ts';
import { type Bound, type Gate, METRICS, type Policy } from './policy.ts';

const DEFAULT_CONFIDENCE = 0.95;

/**
 * Reads an EvaluationPolicy strictly. Throws every `policy/…` error at once, each with its place:
 * `unknown-metric` names the nearest metric, `wrong-direction` a bound that good models break.
 */
export function readPolicy(text: string, file: string): Policy {
  const document = readYaml(text, file, 'policy');
  throwIfAny([...refuseWaivers(document), ...unknownMetrics(document)]);
  const policy = checkFormat<EvaluationPolicy>(document, schema, 'policy');
  throwIfAny(policy.gates.flatMap((gate, index) => gateFaults(gate, ['gates', index], document)));
  return {
    independentBy: policy.independent_by === 'row' ? undefined : policy.independent_by,
    confidence: policy.confidence ?? DEFAULT_CONFIDENCE,
    gates: policy.gates.map(toGate),
    inconclusive: policy.inconclusive ?? 'fail',
  };
}

function refuseWaivers(document: Positioned): GreenlightError[] {
  const { value } = document;
  if (typeof value !== 'object' || value === null || !('waivers' in value)) return [];
  return [
    new GreenlightError({
      code: 'policy/waivers-not-supported',
      message: 'waivers are not supported yet',
      place: document.placeOf(['waivers'], 'key'),
      mend: 'remove `waivers`: every gate of this policy is judged',
    }),
  ];
}

function unknownMetrics(document: Positioned): GreenlightError[] {
  const gates: unknown = (document.value as { gates?: unknown } | null)?.gates;
  if (!Array.isArray(gates)) return [];
  return gates.flatMap((gate: { metric?: unknown } | null, index) => {
    const metric = gate?.metric;
    if (typeof metric !== 'string' || Object.hasOwn(METRICS, metric)) return [];
    const near = nearest(metric, Object.keys(METRICS));
    return new GreenlightError({
      code: 'policy/unknown-metric',
      message: `there is no metric \`${metric}\``,
      place: document.placeOf(['gates', index, 'metric']),
      mend: near === undefined ? `metrics: ${Object.keys(METRICS).join(', ')}` : `did you mean \`${near}\`?`,
    });
  });
}

/** The rules that tie a gate's keys to each other. */
function gateFaults(gate: PolicyGate, path: Path, document: Positioned): GreenlightError[] {
  const faults: GreenlightError[] = [];
  const fault = (code: string, message: string, key: string | undefined, mend: string): void => {
    const place = document.placeOf(
      key === undefined ? path : [...path, key],
      key === undefined ? 'value' : 'key',
    );
    faults.push(new GreenlightError({ code: `policy/${code}`, message, place, mend }));
  };

  const bounds = (['at_least', 'at_most', 'no_worse_than'] as const).filter((key) => gate[key] !== undefined);
  if (bounds.length !== 1) {
    const found = bounds.length === 0 ? 'none' : bounds.join(' and ');
    fault(
      'one-bound',
      `a gate has one of at_least, at_most and no_worse_than, here ${found}`,
      bounds[1],
      'a gate a bound',
    );
  }
  const { better, title } = METRICS[gate.metric];
  const wrong = better === 'higher' ? 'at_most' : 'at_least';
  if (gate[wrong] !== undefined) {
    const right = better === 'higher' ? 'at_least' : 'at_most';
    fault('wrong-direction', `${title} is better when ${better}`, wrong, `write \`${right}\``);
  }
  for (const key of ['margin', 'when_nothing_is_live'] as const) {
    if (gate.no_worse_than !== undefined && gate[key] === undefined) {
      const mend =
        key === 'margin'
          ? 'say how much worse is still good enough: `margin: 0.01`'
          : 'say what the first model gets: `when_nothing_is_live: pass`, `human_review` or `fail`';
      fault('missing-key', `no_worse_than needs \`${key}\``, 'no_worse_than', mend);
    }
    if (gate.no_worse_than === undefined && gate[key] !== undefined) {
      fault('stray-key', `\`${key}\` belongs to no_worse_than`, key, `remove \`${key}\``);
    }
  }
  if (gate.by !== undefined && gate.min_rows === undefined) {
    fault(
      'missing-key',
      '`by` needs `min_rows`',
      'by',
      'say from how many rows a value is judged: `min_rows: 1000`',
    );
  }
  if (gate.by === undefined && gate.min_rows !== undefined) {
    fault('stray-key', '`min_rows` belongs to `by`', 'min_rows', 'add `by: <column>` or remove it');
  }
  return faults;
}

function toGate(gate: PolicyGate): Gate {
  const { by, min_rows: minRows } = gate;
  return {
    metric: gate.metric,
    bound: toBound(gate),
    ...(by === undefined || minRows === undefined ? {} : { by: { column: by, minRows } }),
  };
}

function toBound(gate: PolicyGate): Bound {
  if (gate.at_least !== undefined) return { kind: 'at_least', value: gate.at_least };
  if (gate.at_most !== undefined) return { kind: 'at_most', value: gate.at_most };
  const { margin, when_nothing_is_live: whenNothingIsLive } = gate;
  if (margin !== undefined && whenNothingIsLive !== undefined) {
    return { kind: 'no_worse_than_live', margin, whenNothingIsLive };
  }
  throw new TypeError('a gate without a bound passed gateFaults');
}
