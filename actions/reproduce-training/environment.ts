import { exec } from '../../core/toolkit/exec.ts';
import { FIXED_ENVIRONMENT } from '../../core/toolkit/team-command.ts';

/** What a program needs to run at all. Everything else would be an input that nobody declared. */
const NEEDED = new Set([
  'PATH',
  'HOME',
  'TMPDIR',
  'LD_LIBRARY_PATH',
  // Windows
  'PATHEXT',
  'SYSTEMROOT',
  'COMSPEC',
  'TEMP',
  'TMP',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
]);

/** The environment of a pipeline's stages: the fixed settings and what a program needs to run at all. */
export function stageEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...select(env, (name) => NEEDED.has(name)), ...FIXED_ENVIRONMENT };
}

function select(env: NodeJS.ProcessEnv, wanted: (name: string) => boolean): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => wanted(name.toUpperCase())));
}

/** Interpreters whose version decides the outcome, and the words of a command line that start them. */
const INTERPRETERS: readonly { readonly program: string; readonly word: RegExp }[] = [
  { program: 'node', word: /\b(node|npm|npx)\b/ },
  { program: 'python', word: /\bpython(?!3)/ },
  { program: 'python3', word: /\bpython3\b/ },
  { program: 'Rscript', word: /\bRscript\b/ },
  { program: 'julia', word: /\bjulia\b/ },
];

/**
 * What decides the outcome besides code and data, as the lock keeps it: platform, architecture, the versions of the interpreters
 * that the commands name, the fixed settings. Nothing of one machine alone.
 */
export async function describeEnvironment(
  commands: readonly string[],
  env: NodeJS.ProcessEnv,
  folder: string,
): Promise<Record<string, string>> {
  const described: Record<string, string> = {
    platform: process.platform,
    arch: process.arch,
    ...FIXED_ENVIRONMENT,
  };
  for (const { program, word } of INTERPRETERS) {
    if (commands.some((command) => word.test(command)))
      described[program] = await version(program, env, folder);
  }
  return described;
}

async function version(program: string, env: NodeJS.ProcessEnv, folder: string): Promise<string> {
  const absent = { code: 1, stdout: Buffer.from(''), stderr: '' };
  const { code, stdout, stderr } = await exec(program, ['--version'], { env, cwd: folder }).catch(
    () => absent,
  );
  // Python 2 and old R print their version to standard error.
  const printed = stdout.toString('utf8').trim() || stderr.trim();
  return code === 0 ? (printed.split('\n')[0] ?? '') : 'not found';
}
