import { registerHooks } from 'node:module';

// The two packages import JSON without the attribute that Node asks for (Vite mends that by itself).
registerHooks({
  load(url, context, nextLoad) {
    if (!/\/@actions\/(workflow-parser|expressions)\/.*\.json$/.test(url)) return nextLoad(url, context);
    return nextLoad(url, { ...context, importAttributes: { type: 'json' } });
  },
});

export const parser = await import('@actions/workflow-parser');
export const { parseAction } = await import('@actions/workflow-parser/actions/action-parser');
export const { Lexer, Parser, Evaluator, data } = await import('@actions/expressions');
export type { EventsConfig } from '@actions/workflow-parser/model/workflow-template';
export type { TemplateToken } from '@actions/workflow-parser/templates/tokens/index';
