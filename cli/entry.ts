// The one entry of the bundle. A stub per action calls `step`, dist/cli.js calls `command`, dist/query-process.js `queryProcess`.
import { runAction, runVerb } from './main.ts';

// Sockets kept alive would hold the process open for seconds after the work: leave at once, with all output flushed.
function leave(code: number): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
}

/** Runs the action as a workflow step. */
export async function step(name: string): Promise<void> {
  leave(await runAction(name));
}

/** The Node.js that the actions run on; older ones lack what is used here. */
const NODE = 24;

/** Runs the `greenlight` command. */
export async function command(): Promise<void> {
  if (Number(process.versions.node.split('.')[0]) < NODE) {
    process.stderr.write(`error: greenlight needs Node.js ${NODE} or newer, this is ${process.version}\n`);
    return leave(3);
  }
  leave(await runVerb(process.argv.slice(2)));
}

/** Is the process that runs a contract's SQL, until its parent ends it. */
export async function queryProcess(): Promise<void> {
  await import('../core/toolkit/table/contract-query/query-process.ts');
}
