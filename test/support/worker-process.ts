import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { TIDEMARK } from './tidemark.ts';

export interface WorkerProcessOptions {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly taskQueue: string;
  /** Default: this process's. */
  readonly cwd?: string;
}

export interface WorkerProcess {
  readonly pid: number;
  /** What it wrote so far. */
  readonly output: () => string;
  /** Ends it and waits for that. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** `tidemark worker` as a process of its own; resolves when it polls. */
export async function startWorkerProcess(options: WorkerProcessOptions): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [TIDEMARK, 'worker'], {
    cwd: options.cwd,
    env: {
      ...process.env,
      DATABASE_URL: options.databaseUrl,
      TEMPORAL_ADDRESS: options.temporalAddress,
      TIDEMARK_TASK_QUEUE: options.taskQueue,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = once(child, 'exit');
  const polling = new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk;
      if (output.includes('worker polls the task queue')) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void exited.then(([code]) => reject(new Error(`the worker ended with ${code} before it polled:\n${output}`)));
  });
  await polling;
  return {
    pid: child.pid as number,
    output: () => output,
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await exited;
    },
  };
}
