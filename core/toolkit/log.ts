/** Where an action tells what it is doing. Reports and verdicts go elsewhere; rows and secrets go nowhere. */
export interface Log {
  /** A line about a step. */
  info(message: string): void;
  /** Something to notice that changes no verdict. */
  warn(message: string): void;
}

/** A log to a stream, one line a message; on a GitHub runner warnings are annotations. */
export function streamLog(stream: NodeJS.WritableStream, onRunner: boolean): Log {
  return {
    info: (message) => stream.write(`${message}\n`),
    warn: (message) =>
      stream.write(onRunner ? `::warning::${escapeCommand(message)}\n` : `warning: ${message}\n`),
  };
}

/** Time in milliseconds after which work says that it goes on, and then between such lines. */
const PATIENCE = 2000;

/** Does work that may take a while: from two seconds on, lines tell that it goes on. */
export async function withProgress<T>(log: Log, what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  let wait = PATIENCE;
  let timer = setTimeout(function tell() {
    log.info(`${what}: ${Math.round((performance.now() - start) / 1000)} s so far`);
    wait *= 2;
    timer = setTimeout(tell, wait);
  }, wait);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

/** A workflow command's message: percent and line ends escaped (docs.github.com, workflow commands). */
export function escapeCommand(message: string): string {
  return message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** A workflow command's property: colon and comma escaped as well. */
export function escapeProperty(value: string): string {
  return escapeCommand(value).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
