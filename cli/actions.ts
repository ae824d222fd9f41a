import type { ActionDefinition } from '../core/toolkit/action.ts';

// Each action types its own inputs; whoever runs one hands it what it declares.
// biome-ignore lint/suspicious/noExplicitAny: the inputs differ per action and never leave `perform`
type AnyAction = ActionDefinition<any>;

/** Every action by name. Each loads what it uses and nothing else. */
export const ACTIONS: Readonly<Record<string, () => Promise<{ readonly default: AnyAction }>>> = {
  'compile-dossier': () => import('../actions/compile-dossier/main.ts'),
  'detect-drift': () => import('../actions/detect-drift/main.ts'),
  'evaluate-model': () => import('../actions/evaluate-model/main.ts'),
  'open-deployment': () => import('../actions/open-deployment/main.ts'),
  'post-report': () => import('../actions/post-report/main.ts'),
  'propose-retraining': () => import('../actions/propose-retraining/main.ts'),
  'publish-release': () => import('../actions/publish-release/main.ts'),
  'reproduce-training': () => import('../actions/reproduce-training/main.ts'),
  'roll-out': () => import('../actions/roll-out/main.ts'),
  'validate-data': () => import('../actions/validate-data/main.ts'),
};
