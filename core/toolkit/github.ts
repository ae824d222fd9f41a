import { getOctokit } from '@actions/github';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { GreenlightError } from '../kernel/errors.ts';
import type { Log } from './log.ts';
import { observeServerDate } from './time.ts';

export type Octokit = ReturnType<typeof getOctokit>;

/** The repository on its GitHub server, spoken to with one token. */
export interface Github {
  readonly owner: string;
  readonly repo: string;
  readonly serverUrl: string;
  readonly octokit: Octokit;
  /**
   * Runs one operation and turns a refusal into an error that teaches: `github/forbidden` names the operation, the permission
   * that is missing and the YAML to paste. `operation` completes the sentence "could not …".
   */
  attempt<T>(operation: string, call: (octokit: Octokit) => Promise<T>): Promise<T>;
  /** Like `attempt`, but undefined where GitHub answers 404: absent is a fact, unreadable is an error. */
  find<T>(operation: string, call: (octokit: Octokit) => Promise<T>): Promise<T | undefined>;
}

/** How often a call is tried again after a rate limit. */
const RATE_LIMIT_RETRIES = 2;

/** Connects to the API of the runner's server (github.com, GHES or any other that GITHUB_API_URL names). */
export function connectGithub(env: NodeJS.ProcessEnv, token: string | undefined, log: Log): Github {
  const [owner, repo] = (env['GITHUB_REPOSITORY'] ?? '').split('/');
  if (owner === undefined || repo === undefined || owner === '') {
    throw new GreenlightError({
      code: 'github/no-repository',
      message: 'no GitHub repository is known here',
      mend: 'set GITHUB_REPOSITORY to owner/name',
    });
  }
  if (token === undefined) {
    throw new GreenlightError({
      code: 'github/no-token',
      message: 'this step needs a GitHub token',
      mend: 'give the step `with: { token: ${{ github.token }} }`, or set GITHUB_TOKEN on a laptop',
    });
  }
  const octokit = getOctokit(
    token,
    {
      baseUrl: env['GITHUB_API_URL'] ?? 'https://api.github.com',
      // 404 and 422 are answers; the rest of the 4xx will not change by asking again.
      retry: { doNotRetry: [400, 401, 403, 404, 405, 409, 410, 422, 451] },
      throttle: {
        enabled: isGithubCom(env),
        onRateLimit: (after: number, options: unknown, _: unknown, tries: number) =>
          waits('rate limit', after, tries, options),
        onSecondaryRateLimit: (after: number, options: unknown, _: unknown, tries: number) =>
          waits('secondary rate limit', after, tries, options),
      },
    },
    retry,
    throttling,
  );
  function waits(limit: string, after: number, tries: number, options: unknown): boolean {
    const { method, url } = options as { method: string; url: string };
    log.warn(
      `GitHub's ${limit} was reached at ${method} ${url}: ${tries < RATE_LIMIT_RETRIES ? `trying again in ${after} s` : 'giving up'}`,
    );
    return tries < RATE_LIMIT_RETRIES;
  }
  octokit.hook.after('request', (response) => observeServerDate(response.headers.date));
  octokit.hook.error('request', (error) => {
    observeServerDate((error as { response?: { headers?: { date?: string } } }).response?.headers?.date);
    throw error;
  });

  async function attempt<T>(operation: string, call: (octokit: Octokit) => Promise<T>): Promise<T> {
    try {
      return await call(octokit);
    } catch (cause) {
      throw teach(operation, cause);
    }
  }
  return {
    owner,
    repo,
    serverUrl: env['GITHUB_SERVER_URL'] ?? 'https://github.com',
    octokit,
    attempt,
    find: (operation, call) =>
      attempt(operation, async (client) => {
        try {
          return await call(client);
        } catch (error) {
          if (statusOf(error) === 404) return undefined;
          throw error;
        }
      }),
  };
}

/** The HTTP status of a failed call; undefined where no answer came. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof GreenlightError) return statusOf(error.cause);
  const status = (error as { status?: unknown } | undefined)?.status;
  return typeof status === 'number' ? status : undefined;
}

function teach(operation: string, cause: unknown): unknown {
  if (cause instanceof GreenlightError) return cause;
  const status = statusOf(cause);
  const text = cause instanceof Error ? cause.message : String(cause);
  if (status === 403 && /not permitted to create or approve pull requests/i.test(text)) {
    return new GreenlightError({
      code: 'github/pull-requests-not-allowed',
      message: `could not ${operation}: GitHub Actions may not open pull requests in this repository`,
      mend: 'Settings → Actions → General → Workflow permissions: tick "Allow GitHub Actions to create and approve pull requests"',
      cause,
    });
  }
  if (status === 403 || status === 401) {
    const needed = (cause as { response?: { headers?: Record<string, string> } }).response?.headers?.[
      'x-accepted-github-permissions'
    ];
    return new GreenlightError({
      code: 'github/forbidden',
      message: `could not ${operation}: the token may not (${text})`,
      mend:
        needed === undefined
          ? 'check the token and its rights'
          : `give the job these permissions:\n${permissionsYaml(needed)}`,
      cause,
    });
  }
  return new GreenlightError({
    code: status === undefined ? 'github/unreachable' : `github/http-${status}`,
    message: `could not ${operation}: ${text}`,
    cause,
  });
}

/** `contents=write; pull_requests=write` (x-accepted-github-permissions) as the YAML to paste. */
export function permissionsYaml(accepted: string): string {
  const [first = ''] = accepted.split(',');
  const lines = first
    .split(';')
    .map((pair) => pair.trim().split('='))
    .map(([scope = '', level = 'read']) => `  ${scope.replaceAll('_', '-')}: ${level}`);
  return `permissions:\n${lines.join('\n')}`;
}

/** github.com asks for a pause between writes (docs, REST best practices); a server of one's own sets its own limits. */
function isGithubCom(env: NodeJS.ProcessEnv): boolean {
  return new URL(env['GITHUB_API_URL'] ?? 'https://api.github.com').hostname === 'api.github.com';
}
