import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface Script {
  readonly process: ChildProcess;
  /** Everything written to stdout and stderr so far. */
  output(): string;
  /** The last line on stdout. */
  lastLine(): string | undefined;
  /** Resolves with the first line that matches, also one that has been written already. Rejects when it ends before. */
  line(pattern: RegExp): Promise<string>;
  /** The exit code, or the signal's name, once it has ended and all its output was read. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Starts a program and follows what it writes, line by line. */
export function startScript(
  command: readonly [string, ...string[]],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Script {
  const [program, ...args] = command;
  const child = spawn(program, args, {
    ...options,
    env: plainEnvironment(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let lastOnStdout: string | undefined;
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (stream === child.stdout) lastOnStdout = line;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code ?? -1));
  });
  return {
    process: child,
    output: () => lines.join('\n'),
    lastLine: () => lastOnStdout,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find((line) => pattern.test(line));
          if (found === undefined) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        void ended.then((how) => reject(new Error(`ended (${how}) without ${pattern}:\n${lines.join('\n')}`)));
        look();
      }),
    ended,
  };
}

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** A TypeScript file as a process of its own. */
export const startTypeScript = (file: URL, ...args: string[]): Script =>
  startScript([process.execPath, '--import', TSX, fileURLToPath(file), ...args]);

/** Without what vitest sets for its own workers. */
function plainEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const own = /^(VITEST|TEST$|NODE_ENV$|NODE_OPTIONS$)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !own.test(name)));
}
