import { parseArgs } from 'node:util';
import { GreenlightError, messageOf } from '../core/kernel/errors.ts';
import { EXIT_CODES } from '../core/kernel/verdict.ts';
import { readLedgerAnyhow } from '../core/ledger/ledger.ts';
import { endingText, type Period, periods } from '../core/ledger/periods.ts';
import type { Host } from '../core/toolkit/host.ts';

const USAGE = 'greenlight history [--model MODEL] [--environment ENVIRONMENT] [--token TOKEN]';
const COLUMNS = ['from', 'until', 'digest', 'release', 'approved by', 'merged by', 'how it ended'];

/** `greenlight history`: what was live when, who decided it and how it ended, from the ledger alone. */
export default async function history(args: readonly string[], host: Host): Promise<number> {
  const { model, environment, token } = readArgs(args);
  const ledger = await readLedgerAnyhow(host.git, token, host.log);
  const keys = ledger
    .keys()
    .filter(
      (key) =>
        (model === undefined || key.model === model) &&
        (environment === undefined || key.environment === environment),
    );
  const parts = keys.map((key) =>
    historyText(`${key.model} in ${key.environment}`, periods(ledger.records(key.environment, key.model))),
  );
  process.stdout.write(parts.length === 0 ? 'Nothing was ever live.\n' : parts.join('\n'));
  return EXIT_CODES.pass;
}

/** One environment's periods as a plain-text table. */
export function historyText(title: string, all: readonly Period[]): string {
  const rows = [COLUMNS, ...all.map(cells)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [title, ...lines.map((line) => `  ${line}`), ''].join('\n');
}

function cells(period: Period): string[] {
  const { approval } = period;
  const reviewers = approval?.reviews.map(({ user }) => `@${user}`) ?? [];
  return [
    period.from,
    period.until ?? (period.as === 'live' ? 'now' : 'rolling out'),
    period.digest.slice(0, 12),
    period.release ?? '',
    approval === undefined ? 'not known' : reviewers.length === 0 ? 'none asked for' : reviewers.join(', '),
    approval === undefined ? 'not known' : `@${approval.merged_by} (#${approval.pull_request})`,
    oneLine(endingText(period)),
  ];
}

/** Reasons are other people's words: control characters could forge a terminal's lines. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{C}+/gu, ' ');
}

function readArgs(args: readonly string[]): {
  model: string | undefined;
  environment: string | undefined;
  token: string | undefined;
} {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        model: { type: 'string' },
        environment: { type: 'string' },
        token: { type: 'string' },
      },
    });
    const { model, environment, token = process.env['GITHUB_TOKEN'] } = values;
    return { model, environment, token };
  } catch (cause) {
    throw new GreenlightError({ code: 'cli/bad-flag', message: messageOf(cause), mend: USAGE, cause });
  }
}
