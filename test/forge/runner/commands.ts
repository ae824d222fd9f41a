import { GreenlightError } from '../../../core/kernel/errors.ts';

/** A workflow command in what a step prints: `::error file=a.ts,line=3::message`. */
export interface WorkflowCommand {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly value: string;
}

/** The command in a line of output; undefined where the line is plain output. (actions/runner, ActionCommand.cs) */
export function parseCommand(line: string): WorkflowCommand | undefined {
  const match = /^\s*::([a-zA-Z][\w-]*)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)$/.exec(line);
  if (match === null) return undefined;
  const [, name = '', list = '', value = ''] = match;
  const properties: Record<string, string> = {};
  for (const pair of list.split(',')) {
    const at = pair.indexOf('=');
    if (at > 0) properties[pair.slice(0, at).trim()] = unescapeProperty(pair.slice(at + 1));
  }
  return { name: name.toLowerCase(), properties, value: unescapeValue(value) };
}

/**
 * The pairs in a file command (GITHUB_OUTPUT, GITHUB_ENV, GITHUB_STATE): lines `name=value`, and `name<<DELIMITER`, lines, `DELIMITER`.
 * Throws `runner/file-command` on anything else.
 */
export function parseFileCommand(text: string, variable: string): Map<string, string> {
  const pairs = new Map<string, string>();
  const lines = text.split(/\r?\n/);
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    if (line === '') continue;
    const heredoc = /^([^=]+?)<<(.+)$/.exec(line);
    const equals = line.indexOf('=');
    if (heredoc !== null) {
      const [, name = '', delimiter = ''] = heredoc;
      const end = lines.indexOf(delimiter, i + 1);
      if (end < 0) throw badFileCommand(variable, `the delimiter of '${name}' does not come again`);
      pairs.set(name, lines.slice(i + 1, end).join('\n'));
      i = end;
    } else if (equals > 0) {
      pairs.set(line.slice(0, equals), line.slice(equals + 1));
    } else {
      throw badFileCommand(variable, `line ${i + 1} is neither name=value nor name<<DELIMITER`);
    }
  }
  return pairs;
}

function badFileCommand(variable: string, what: string): GreenlightError {
  return new GreenlightError({ code: 'runner/file-command', message: `${variable}: ${what}` });
}

function unescapeValue(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function unescapeProperty(text: string): string {
  return unescapeValue(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
}
