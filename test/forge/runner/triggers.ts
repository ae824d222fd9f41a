import { GreenlightError } from '../../../core/kernel/errors.ts';
import type { EventsConfig } from './parser.ts';

/** What a workflow's `on:` is held against. */
export interface Trigger {
  readonly event: string;
  readonly action?: string | undefined;
  /** Full ref of a push; its branch or tag is filtered. */
  readonly ref: string;
  /** The branch that `branches:` filters: a pull request's base, a workflow run's head. */
  readonly branch?: string | undefined;
  readonly paths?: readonly string[];
  /** For workflow_run: the name of the workflow that ran. */
  readonly workflow?: string;
}

/** Activity types that start a run where `types:` is left out; all of them where the event is not listed. */
const DEFAULT_TYPES: Readonly<Record<string, readonly string[]>> = {
  pull_request: ['opened', 'synchronize', 'reopened'],
};

const KNOWN = new Set([
  'push',
  'create',
  'delete',
  'pull_request',
  'pull_request_review',
  'issue_comment',
  'issues',
  'release',
  'deployment',
  'deployment_status',
  'status',
  'workflow_dispatch',
  'workflow_run',
  'workflow_call',
  'schedule',
]);

type Filters = Partial<
  Record<
    | 'types'
    | 'branches'
    | 'branches-ignore'
    | 'tags'
    | 'tags-ignore'
    | 'paths'
    | 'paths-ignore'
    | 'workflows',
    readonly string[]
  >
>;

/** Throws `runner/unknown` where `on:` names an event that never comes here. */
export function checkEvents(events: EventsConfig, file: string): void {
  for (const name of Object.keys(events)) {
    if (KNOWN.has(name)) continue;
    throw new GreenlightError({
      code: 'runner/unknown',
      message: `the runner does not know the event '${name}'`,
      place: { file },
    });
  }
  for (const { timezone } of events.schedule ?? []) {
    if (timezone === undefined) continue;
    throw new GreenlightError({
      code: 'runner/unknown',
      message: "the runner does not know 'timezone' of a schedule: its clock is UTC",
      place: { file },
    });
  }
}

/** Whether a workflow's `on:` is started by what happened, by the filters that it states. */
export function isTriggered(events: EventsConfig, trigger: Trigger): boolean {
  const filters = events[trigger.event] as Filters | undefined;
  if (filters === undefined) return false;
  const types = filters.types ?? DEFAULT_TYPES[trigger.event];
  if (types !== undefined && trigger.action !== undefined && !types.includes(trigger.action)) return false;
  if (filters.workflows !== undefined && !filters.workflows.includes(trigger.workflow ?? '')) return false;
  if (trigger.event === 'push') return isPushed(filters, trigger);
  return passes(filters, 'branches', trigger.branch) && passesPaths(filters, trigger.paths ?? []);
}

function isPushed(filters: Filters, { ref, paths = [] }: Trigger): boolean {
  const namesBranches = filters.branches !== undefined || filters['branches-ignore'] !== undefined;
  const namesTags = filters.tags !== undefined || filters['tags-ignore'] !== undefined;
  if (ref.startsWith('refs/tags/')) {
    return (namesTags || !namesBranches) && passes(filters, 'tags', ref.slice('refs/tags/'.length));
  }
  if (namesTags && !namesBranches) return false;
  return passes(filters, 'branches', ref.slice('refs/heads/'.length)) && passesPaths(filters, paths);
}

function passes(filters: Filters, kind: 'branches' | 'tags', name: string | undefined): boolean {
  const included = filters[kind];
  const ignored = filters[`${kind}-ignore`];
  if (name === undefined) return true;
  if (included !== undefined && !matchesPatterns(included, name)) return false;
  return ignored === undefined || !matchesPatterns(ignored, name);
}

function passesPaths(filters: Filters, paths: readonly string[]): boolean {
  const { paths: included, 'paths-ignore': ignored } = filters;
  if (included !== undefined && !paths.some((path) => matchesPatterns(included, path))) return false;
  return (
    ignored === undefined || paths.length === 0 || !paths.every((path) => matchesPatterns(ignored, path))
  );
}

/** GitHub's filter patterns: `*`, `**`, `?`, `+`, `[…]`, and `!` which takes out what earlier patterns took in. */
export function matchesPatterns(patterns: readonly string[], name: string): boolean {
  let matched = false;
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) matched &&= !toRegExp(pattern.slice(1)).test(name);
    else matched ||= toRegExp(pattern).test(name);
  }
  return matched;
}

function toRegExp(pattern: string): RegExp {
  const source = pattern.replace(/\*\*\/|\*\*|\*|[.$^(){}|\\]/g, (piece) => {
    if (piece === '**/') return '(?:.*/)?';
    if (piece === '**') return '.*';
    return piece === '*' ? '[^/]*' : `\\${piece}`;
  });
  return new RegExp(`^${source}$`);
}
