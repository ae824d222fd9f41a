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

/** A workflow command's message: percent and line ends escaped (docs.github.com, workflow commands). */
export function escapeCommand(message: string): string {
  return message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** A workflow command's property: colon and comma escaped as well. */
export function escapeProperty(value: string): string {
  return escapeCommand(value).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
