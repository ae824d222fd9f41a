import * as core from '@actions/core';
import { formatPlace } from '../core/kernel/place.ts';
import { renderMarkdown, SUMMARY_LIMIT } from '../reports/markdown.ts';
import type { Door } from './perform.ts';

const TELL = { error: core.error, warning: core.warning, notice: core.notice };

/** The door of a workflow step: INPUT_*, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY, workflow commands. */
export function runnerDoor(): Door {
  return {
    input: (name) => core.getInput(name),
    async show(report) {
      const markdown = renderMarkdown(report, { limit: SUMMARY_LIMIT, more: 'report.html of this run' });
      core.info(markdown);
      if (process.env['GITHUB_STEP_SUMMARY'] !== undefined) await core.summary.addRaw(markdown, true).write();
    },
    outputs(values) {
      for (const [name, value] of Object.entries(values)) core.setOutput(name, value);
    },
    annotate({ level, message, place }) {
      const at =
        place === undefined
          ? {}
          : {
              file: place.file,
              ...(place.line === undefined ? {} : { startLine: place.line }),
              ...(place.column === undefined ? {} : { startColumn: place.column }),
            };
      const text = place?.record === undefined ? message : `${formatPlace(place)}: ${message}`;
      TELL[level](text, at);
    },
  };
}
