import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { TIDEMARK } from '../support/tidemark.ts';
import { HURRY, type Patch } from './patches.ts';

export interface CrewOptions {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly taskQueue: string;
  readonly size: number;
  readonly planted: readonly Patch[];
}

const LOADER = new URL('./patch-loader.mjs', import.meta.url).href;

/** How long a stopped process stands still: longer than a heartbeat may be late. */
const STOPPED_MS = 5_000;

/** Output of a worker that is kept, in characters. */
const TAIL = 10_000;

/** `tidemark worker` processes of one task queue. One that ends is replaced. */
export class Crew {
  private readonly options: CrewOptions;
  private readonly members = new Set<ChildProcess>();
  private closed = false;
  private replacing: Promise<unknown> = Promise.resolve();
  output = '';

  private constructor(options: CrewOptions) {
    this.options = options;
  }

  static async start(options: CrewOptions): Promise<Crew> {
    const crew = new Crew(options);
    try {
      await Promise.all(Array.from({ length: options.size }, () => crew.add()));
      return crew;
    } catch (error) {
      await crew.close();
      throw error;
    }
  }

  /** Sends a signal to the worker that has been there longest; one that is stopped goes on after a while. */
  signal(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP'): void {
    const [member] = this.members;
    if (!member) return;
    this.members.delete(member);
    this.members.add(member);
    member.kill(signal);
    if (signal === 'SIGSTOP') setTimeout(() => member.kill('SIGCONT'), STOPPED_MS);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.replacing;
    await Promise.all(
      [...this.members].map(async (member) => {
        if (member.exitCode !== null || member.signalCode !== null) return;
        const ended = once(member, 'exit');
        member.kill('SIGKILL');
        await ended;
      }),
    );
  }

  endNow(): void {
    for (const member of this.members) member.kill('SIGKILL');
  }

  private async add(): Promise<void> {
    const { databaseUrl, temporalAddress, taskQueue, planted } = this.options;
    const member = spawn(process.execPath, [TIDEMARK, 'worker'], {
      env: {
        ...process.env,
        NODE_OPTIONS: `--import ${LOADER}`,
        CHAOS_PATCHES: JSON.stringify([...HURRY, ...planted]),
        DATABASE_URL: databaseUrl,
        TEMPORAL_ADDRESS: temporalAddress,
        TIDEMARK_TASK_QUEUE: taskQueue,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.members.add(member);
    const polls = new Promise<void>((resolve) => {
      const read = (chunk: Buffer): void => {
        this.output = (this.output + chunk).slice(-TAIL);
        if (String(chunk).includes('worker polls the task queue')) resolve();
      };
      member.stdout.on('data', read);
      member.stderr.on('data', read);
    });
    const ended = once(member, 'exit').then(([code, signal]) => {
      this.members.delete(member);
      if (!this.closed) {
        this.replacing = this.add().catch((error) => {
          this.output += `\n${error}`;
        });
      }
      return `${signal ?? code}`;
    });
    await Promise.race([
      polls,
      ended.then((how) => {
        throw new Error(`a worker ended (${how}) before it polled:\n${this.output}`);
      }),
    ]);
  }
}
