import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { GreenlightError } from '../../../core/kernel/errors.ts';
import { exec } from '../../../core/toolkit/exec.ts';
import type { AnnotationRecord } from '../types.ts';
import { parseCommand, parseFileCommand, type WorkflowCommand } from './commands.ts';
import { killGroup, runProcess } from './process.ts';

/** What a job's machine is made of. */
export interface MachineOptions {
  /** Fresh folder of this job alone. */
  readonly folder: string;
  readonly toolCache: string;
  /** The Node.js 24 executable: first on PATH. */
  readonly nodeBin: string;
  /** Further variables of the machine (a registry, a proxy). */
  readonly env: Readonly<Record<string, string>>;
  /** Called with each line of the log, secrets masked. */
  readonly log: (line: string) => void;
}

/** What a step left. */
export interface StepTrace {
  readonly outputs: Record<string, string>;
  readonly log: string;
  readonly summary: string;
}

const LEVELS = { error: 'failure', warning: 'warning', notice: 'notice' } as const;
/** Commands that GitHub has switched off, or that this runner has no use for. */
const REFUSED = ['set-output', 'save-state', 'set-env', 'add-path', 'add-matcher', 'remove-matcher'];
const FILES = ['GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'] as const;

/** The empty machine that a job finds: folders, a clean environment, masks, and what its steps changed of these. */
export class JobMachine {
  readonly workspace: string;
  readonly temp: string;
  readonly nodeBin: string;
  readonly annotations: AnnotationRecord[] = [];
  /** What steps wrote to GITHUB_ENV. */
  readonly dynamicEnv: Record<string, string> = {};
  readonly #folder: string;
  readonly #options: MachineOptions;
  readonly #paths: string[] = [];
  readonly #masks: string[] = [];
  readonly #pids: number[] = [];
  #env: Record<string, string> = {};
  #signal: AbortSignal = new AbortController().signal;
  #log: string[] = [];
  #stopToken: string | undefined;
  #refused: string | undefined;

  private constructor(options: MachineOptions, repositoryName: string) {
    this.#options = options;
    this.#folder = options.folder;
    this.nodeBin = options.nodeBin;
    this.workspace = path.join(options.folder, repositoryName, repositoryName);
    this.temp = path.join(options.folder, '_temp');
  }

  /** @param repositoryName the name without its owner: the workspace is `<name>/<name>`, as on GitHub's machines */
  static async create(options: MachineOptions, repositoryName: string): Promise<JobMachine> {
    const machine = new JobMachine(options, repositoryName);
    await rm(options.folder, { recursive: true, force: true });
    for (const folder of [machine.workspace, machine.temp, machine.#home, options.toolCache]) {
      await mkdir(folder, { recursive: true });
    }
    return machine;
  }

  /** Ends what the steps left running and removes the machine's folder. */
  async dispose(): Promise<void> {
    for (const pid of this.#pids) killGroup(pid, 'SIGKILL');
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The `runner` context. */
  get runner(): Record<string, string> {
    const names: Partial<Record<NodeJS.Platform, string>> = { win32: 'Windows', darwin: 'macOS' };
    return {
      name: 'forge',
      os: names[process.platform] ?? 'Linux',
      arch: os.arch().toUpperCase(),
      temp: this.temp,
      tool_cache: this.#options.toolCache,
      environment: 'self-hosted',
    };
  }

  /** Hides a secret in everything that is logged from now on. */
  mask(secret: string): void {
    for (const line of secret.split(/\r?\n/)) {
      if (line.trim() !== '' && !this.#masks.includes(line)) this.#masks.push(line);
    }
    this.#masks.sort((a, b) => b.length - a.length);
  }

  hide(text: string): string {
    return this.#masks.reduce((hidden, secret) => hidden.replaceAll(secret, '***'), text);
  }

  print(line: string): void {
    const hidden = this.hide(line);
    this.#log.push(hidden);
    this.#options.log(hidden);
  }

  annotate(annotation: AnnotationRecord): void {
    this.annotations.push({ ...annotation, message: this.hide(annotation.message) });
  }

  /** @param env everything that the step sees beyond the machine's own variables */
  async beginStep(env: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    const files = Object.fromEntries(FILES.map((name) => [name, this.#file(name)]));
    for (const file of Object.values(files)) await writeFile(file, '');
    this.#log = [];
    this.#signal = signal;
    this.#stopToken = undefined;
    this.#refused = undefined;
    const runner = Object.entries(this.runner).map(([key, value]) => [`RUNNER_${key.toUpperCase()}`, value]);
    const base = this.#baseEnv();
    this.#env = {
      ...base,
      ...env,
      ...Object.fromEntries(runner),
      ...files,
      GITHUB_WORKSPACE: this.workspace,
    };
    this.#env.PATH = [...this.#paths.toReversed(), env.PATH ?? base.PATH].join(path.delimiter);
  }

  /** Reads what the step wrote to its command files, and gives its environment and path to the steps that follow. */
  async endStep(): Promise<StepTrace> {
    const text = (name: (typeof FILES)[number]): Promise<string> => readFile(this.#file(name), 'utf8');
    Object.assign(
      this.dynamicEnv,
      Object.fromEntries(parseFileCommand(await text('GITHUB_ENV'), 'GITHUB_ENV')),
    );
    this.#paths.push(...(await text('GITHUB_PATH')).split(/\r?\n/).filter((line) => line !== ''));
    return {
      outputs: Object.fromEntries(parseFileCommand(await text('GITHUB_OUTPUT'), 'GITHUB_OUTPUT')),
      log: this.#log.join('\n'),
      summary: this.hide(await text('GITHUB_STEP_SUMMARY')),
    };
  }

  /** The log of a step that did not come to its end. */
  get log(): string {
    return this.#log.join('\n');
  }

  /** Runs a program as the current step; its output is the step's log. Resolves to the exit code. Throws `runner/unknown` for a workflow command that is not there. */
  async spawn(
    program: string,
    args: readonly string[],
    more: { cwd?: string; env?: Record<string, string> } = {},
  ): Promise<number> {
    const code = await runProcess(program, args, {
      cwd: more.cwd ?? this.workspace,
      env: { ...this.#env, ...more.env },
      signal: this.#signal,
      onLine: (line) => this.#take(line),
      onStart: (pid) => this.#pids.push(pid),
    });
    if (this.#refused !== undefined) {
      throw new GreenlightError({
        code: 'runner/unknown',
        message: `the runner does not know the command '::${this.#refused}::'`,
        mend: 'write to GITHUB_OUTPUT, GITHUB_ENV or GITHUB_PATH instead',
      });
    }
    return code;
  }

  /** What a program prints, trimmed, without a trace in the log; undefined where it fails. */
  async capture(program: string, args: readonly string[]): Promise<string | undefined> {
    const result = await exec(program, args, { cwd: this.workspace, env: this.#env });
    return result.code === 0 ? result.stdout.toString('utf8').trim() : undefined;
  }

  get #home(): string {
    return path.join(this.#folder, '_home');
  }

  #file(name: string): string {
    return path.join(this.temp, `_${name.toLowerCase()}`);
  }

  #baseEnv(): Record<string, string> & { PATH: string } {
    const own = (process.env.PATH ?? '')
      .split(path.delimiter)
      .filter((folder) => !folder.includes('node_modules'));
    const windows =
      process.platform === 'win32' ? ['SystemRoot', 'ComSpec', 'PATHEXT', 'USERPROFILE', 'APPDATA'] : [];
    return {
      ...Object.fromEntries(
        windows.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
      ),
      PATH: [path.dirname(this.nodeBin), ...own].join(path.delimiter),
      HOME: this.#home,
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      ...this.#options.env,
    };
  }

  #take(line: string): void {
    if (this.#stopToken !== undefined) {
      if (line.trim() === `::${this.#stopToken}::`) this.#stopToken = undefined;
      else this.print(line);
      return;
    }
    const command = parseCommand(line);
    if (command === undefined) this.print(line);
    else this.#obey(command, line);
  }

  #obey({ name, properties, value }: WorkflowCommand, line: string): void {
    if (name === 'add-mask') this.mask(value);
    else if (name === 'stop-commands') this.#stopToken = value;
    else if (name === 'error' || name === 'warning' || name === 'notice') {
      const place = Number(properties.line);
      this.annotate({
        level: LEVELS[name],
        message: value,
        ...(properties.title && { title: properties.title }),
        ...(properties.file && { file: properties.file }),
        ...(place > 0 && { line: place }),
      });
      this.print(`##[${name}]${value}`);
    } else if (name === 'group') this.print(`##[group]${value}`);
    else if (name === 'endgroup') this.print('##[endgroup]');
    else if (REFUSED.includes(name)) {
      this.print(line);
      this.#refused = name;
    } else if (name !== 'debug') this.print(line);
  }
}
