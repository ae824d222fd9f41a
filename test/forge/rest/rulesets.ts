import {
  ADMIN,
  type CallContext,
  METADATA,
  notFound,
  type Operation,
  operation,
  page,
  Unsupported,
} from '../call.ts';
import { timestamp } from '../clock.ts';
import { bindingRules } from '../rules.ts';
import { repositoryUrl } from '../shapes/basic.ts';
import { type BypassActor, fullName, type Rule, type Ruleset } from '../state.ts';

const KNOWN = new Set([
  'pull_request',
  'required_status_checks',
  'non_fast_forward',
  'deletion',
  'creation',
  'update',
]);

function rulesetOf(call: CallContext): Ruleset {
  const ruleset = call.repository.rulesets.find((each) => each.id === Number(call.params.ruleset_id));
  if (ruleset === undefined) throw notFound();
  return ruleset;
}

interface RulesetBody {
  readonly name?: string;
  readonly target?: string;
  readonly enforcement?: string;
  readonly bypass_actors?: readonly unknown[];
  readonly conditions?: unknown;
  readonly rules?: readonly { readonly type: string }[];
}

/** The parts of a body that the forge enforces; Unsupported where it asks for more. */
function parse(body: RulesetBody): Partial<Omit<Ruleset, 'id' | 'createdAt' | 'updatedAt'>> {
  const refs = (body.conditions as { ref_name?: { include?: string[]; exclude?: string[] } } | undefined)
    ?.ref_name;
  const unknown = body.rules?.find((rule) => !KNOWN.has(rule.type));
  if (unknown !== undefined) throw new Unsupported(`rule ${unknown.type} is not enforced by the forge`);
  if (body.target === 'push') throw new Unsupported('push rulesets are not enforced by the forge');
  return {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.target === undefined ? {} : { target: body.target as Ruleset['target'] }),
    ...(body.enforcement === undefined ? {} : { enforcement: body.enforcement as Ruleset['enforcement'] }),
    ...(body.rules === undefined ? {} : { rules: body.rules as readonly Rule[] }),
    ...(body.bypass_actors === undefined
      ? {}
      : { bypassActors: body.bypass_actors as readonly BypassActor[] }),
    ...(refs === undefined ? {} : { include: refs.include ?? [], exclude: refs.exclude ?? [] }),
  };
}

/** GitHub shows who may bypass only to admins. */
function draw(call: CallContext, ruleset: Ruleset, whole: boolean): Record<string, unknown> {
  const { world, repository, token } = call;
  const admin = token !== null && token.kind === 'person' && world.right(repository, token.user) === 'admin';
  return {
    id: ruleset.id,
    name: ruleset.name,
    target: ruleset.target,
    source_type: 'Repository',
    source: fullName(repository),
    enforcement: ruleset.enforcement,
    node_id: `RRS_${ruleset.id}`,
    _links: { self: { href: `${repositoryUrl(world, repository)}/rulesets/${ruleset.id}` }, html: null },
    created_at: timestamp(ruleset.createdAt),
    updated_at: timestamp(ruleset.updatedAt),
    ...(whole
      ? {
          conditions: { ref_name: { include: ruleset.include, exclude: ruleset.exclude } },
          rules: ruleset.rules,
          ...(admin ? { bypass_actors: ruleset.bypassActors } : {}),
        }
      : {}),
  };
}

export const rulesetOperations: readonly Operation[] = [
  operation('repos/create-repo-ruleset', ADMIN, (call) => {
    const { world, repository, body } = call;
    const now = world.clock.now();
    const defaults = {
      name: body.name,
      target: 'branch' as const,
      enforcement: body.enforcement,
      include: [],
      exclude: [],
      rules: [],
      bypassActors: [],
    };
    const ruleset: Ruleset = {
      ...defaults,
      ...parse(body as RulesetBody),
      id: world.id(),
      createdAt: now,
      updatedAt: now,
    };
    repository.rulesets.push(ruleset);
    return { status: 201, body: draw(call, ruleset, true) };
  }),

  operation('repos/update-repo-ruleset', ADMIN, (call) => {
    const ruleset = rulesetOf(call);
    Object.assign(ruleset, parse(call.body as RulesetBody), { updatedAt: call.world.clock.now() });
    return { status: 200, body: draw(call, ruleset, true) };
  }),

  operation('repos/delete-repo-ruleset', ADMIN, (call) => {
    call.repository.rulesets.splice(call.repository.rulesets.indexOf(rulesetOf(call)), 1);
    return { status: 204 };
  }),

  operation('repos/get-repo-ruleset', METADATA, (call) => ({
    status: 200,
    body: draw(call, rulesetOf(call), true),
  })),

  operation('repos/get-repo-rulesets', METADATA, (call) => {
    const { items, headers } = page(call, call.repository.rulesets, (ruleset) => draw(call, ruleset, false));
    return { status: 200, body: items, headers };
  }),

  operation('repos/get-branch-rules', METADATA, (call) => {
    const rules = bindingRules(call.world, call.repository, `refs/heads/${call.params.branch}`, null);
    const { items, headers } = page(call, rules, (rule) => ({
      ...rule,
      ruleset_source_type: 'Repository',
      ruleset_source: fullName(call.repository),
      ruleset_id: call.repository.rulesets.find((set) => set.rules.includes(rule))?.id ?? 0,
    }));
    return { status: 200, body: items, headers };
  }),
];
