import { renderText } from '../reports/text.ts';
import type { Door } from './perform.ts';

/** The door of a laptop's shell: `--input value`; the report is printed, outputs and annotations are part of it. */
export function shellDoor(flags: ReadonlyMap<string, string>, env: NodeJS.ProcessEnv): Door {
  return {
    input: (name) => flags.get(name) ?? (name === 'token' ? env['GITHUB_TOKEN'] : undefined),
    async show(report, htmlFile) {
      const { stdout } = process;
      stdout.write(
        renderText(report, {
          color: stdout.isTTY === true && env['NO_COLOR'] === undefined,
          width: stdout.columns ?? 100,
        }),
      );
      stdout.write(`\nThe whole report: ${htmlFile}\n`);
    },
    outputs() {},
    annotate() {},
  };
}
