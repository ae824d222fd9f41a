import { parseArgs } from 'node:util';
import { type Rule, rulesOf } from '../../actions/validate-data/rules.ts';
import { type Contract, readContract } from '../../core/formats/contract.ts';
import { lintContract } from '../../core/formats/contract-lint.ts';
import { GreenlightError, messageOf, throwIfAny } from '../../core/kernel/errors.ts';
import { formatPlace } from '../../core/kernel/place.ts';
import { oneLine } from '../../core/kernel/text.ts';
import { EXIT_CODES } from '../../core/kernel/verdict.ts';
import { readTextFile } from '../../core/toolkit/files.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { now } from '../../core/toolkit/time.ts';

const USAGE = 'greenlight contract check FILE [--strict]';

/**
 * `greenlight contract check`: every fault of a contract with its place. What the standard refuses is an error (exit 3); what it accepts
 * and can't be carried out is a warning, or with `--strict` an error too.
 */
export default async function check(args: readonly string[], host: Host): Promise<number> {
  const { file, strict } = readArgs(args);
  const contract = readContract(await readTextFile(host.root, file, 'the contract'), file);
  const rules = (contract.document.schema ?? []).flatMap((_, index) => rulesOf(contract, index, now()));
  const warnings = warningsOf(contract, rules);
  if (strict) throwIfAny(warnings);
  for (const { code, message, place, mend } of warnings) {
    const where = place === undefined ? '' : `${formatPlace(place)}: `;
    process.stderr.write(`warning: ${where}${message} [${code}]\n`);
    if (mend !== undefined) process.stderr.write(`  → ${mend}\n`);
  }
  process.stdout.write(`${summary(contract, rules, warnings.length)}\n`);
  return EXIT_CODES.pass;
}

/** What can't be carried out, in the order of the text; a rule that stands once for several tables is told once. */
function warningsOf(contract: Contract, rules: readonly Rule[]): readonly GreenlightError[] {
  const found = [...lintContract(contract)];
  for (const { text, place, check } of rules) {
    if (check.kind !== 'unsupported') continue;
    const message = `\`${text}\` can't be judged: ${check.reason.replace(/^not evaluated: /, '')}`;
    const mend = 'mend it or leave it out: validate-data ends in an error here';
    found.push(new GreenlightError({ code: 'contract/not-judged', message: oneLine(message), place, mend }));
  }
  if (!rules.some(({ check }) => check.kind !== 'stated' && check.kind !== 'unsupported')) {
    found.push(
      new GreenlightError({
        code: 'contract/nothing-judged',
        message: 'the contract has no rule that data could be judged by',
        place: contract.placeOf(['schema'], 'key'),
        mend: 'declare the table under `schema` and its columns under `properties`',
      }),
    );
  }
  const distinct = new Map(found.map((fault) => [`${JSON.stringify(fault.place)}${fault.message}`, fault]));
  const line = ({ place }: GreenlightError): number => place?.line ?? 0;
  return [...distinct.values()].sort((a, b) => line(a) - line(b));
}

function summary({ file, document }: Contract, rules: readonly Rule[], warnings: number): string {
  const stated = rules.filter(({ check }) => check.kind === 'stated').length;
  const unjudged = rules.filter(({ check }) => check.kind === 'unsupported').length;
  const counts = [
    `${rules.length - stated - unjudged} judged`,
    ...(stated === 0 ? [] : [`${stated} only stated`]),
    ...(unjudged === 0 ? [] : [`${unjudged} that can't be judged`]),
  ];
  const tables = counted(document.schema?.length ?? 0, 'table');
  return `${file} is a contract of ODCS ${document.apiVersion}: ${tables}, ${counted(rules.length, 'rule')} (${counts.join(', ')}), ${counted(warnings, 'warning')}`;
}

function counted(count: number, what: string): string {
  return `${count === 0 ? 'no' : count} ${what}${count === 1 ? '' : 's'}`;
}

function readArgs(args: readonly string[]): { readonly file: string; readonly strict: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { strict: { type: 'boolean', default: false } },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new Error('it takes one contract');
    return { file, strict: values.strict };
  } catch (cause) {
    throw new GreenlightError({ code: 'cli/bad-flag', message: messageOf(cause), mend: USAGE, cause });
  }
}
