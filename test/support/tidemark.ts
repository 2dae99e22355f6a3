import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The program, as npm links it. */
export const TIDEMARK = fileURLToPath(new URL('../../bin/tidemark.mjs', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  /** Resolves when stdout and stderr together hold the text; rejects when the process ends before. */
  says(text: string): Promise<void>;
  /** What it has written so far: stdout, then stderr. */
  output(): string;
  readonly ended: Promise<Ended>;
}

/** Settings of the machine's user must not reach what is tested. */
const OTHERS = /^(DATABASE_URL|TEMPORAL_|TIDEMARK_|GITHUB_TOKEN)/;

/** The demo is resynced by itself as well; none of that may come in between. */
const SELDOM = { TIDEMARK__GITHUB_DEMO__SCHEDULED_RESYNC_INTERVAL: '24d' };

/** `tidemark …` in a folder, as a user would run it, piped. */
export function startTidemark(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OTHERS.test(name)));
  const child = spawn(process.execPath, [TIDEMARK, ...args], {
    cwd,
    env: { ...clean, ...SELDOM, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      out[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = once(child, 'close').then(([code]): Ended => ({ code: code as number | null, ...out }));
  return {
    child,
    ended,
    output: () => `${out.stdout}${out.stderr}`,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!`${out.stdout}${out.stderr}`.includes(text)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        void ended.then(() => reject(new Error(`it ended before it said "${text}":\n${out.stdout}${out.stderr}`)));
        look();
      }),
  };
}

/** The same, to its end. */
export function tidemark(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return startTidemark(cwd, args, env).ended;
}
