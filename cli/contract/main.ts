import { GreenlightError } from '../../core/kernel/errors.ts';
import { nearest } from '../../core/kernel/schema.ts';
import { EXIT_CODES } from '../../core/kernel/verdict.ts';
import type { Host } from '../../core/toolkit/host.ts';
import type { Verb } from '../verbs.ts';

interface Part {
  readonly usage: string;
  readonly summary: string;
  load(): Promise<{ readonly default: Verb }>;
}

const PARTS: Readonly<Record<string, Part>> = {
  check: {
    usage: 'check FILE [--strict]',
    summary: 'what is wrong with a contract, each fault with its place',
    load: () => import('./check.ts'),
  },
  diff: {
    usage: 'diff OLD NEW [--waivers FILE]',
    summary: 'what changed between two contracts and whom it breaks',
    load: () => import('./diff.ts'),
  },
  infer: {
    usage: 'infer DATA',
    summary: 'a contract that the data keep, as a draft to go on from',
    load: () => import('./infer.ts'),
  },
};

/** `greenlight contract <part>`: what is done with a contract alone, without a manifest. */
export default async function contract(args: readonly string[], host: Host): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || rest.includes('--help')) {
    process.stdout.write(usage());
    return name === undefined ? EXIT_CODES.error : EXIT_CODES.pass;
  }
  const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined;
  if (part !== undefined) return (await part.load()).default(rest, host);
  const near = nearest(name, Object.keys(PARTS));
  throw new GreenlightError({
    code: 'cli/unknown-verb',
    message: `there is no \`contract ${name}\``,
    mend: near === undefined ? usage().trimEnd() : `did you mean \`contract ${near}\`?`,
  });
}

function usage(): string {
  const parts = Object.values(PARTS);
  const width = Math.max(...parts.map((part) => part.usage.length));
  return parts.map((part) => `greenlight contract ${part.usage.padEnd(width)}  ${part.summary}\n`).join('');
}
