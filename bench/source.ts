import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Generated } from '../examples/github-server/generated.ts';
import type { ConfigurationFacts } from './configuration.ts';

export interface SourceSizes {
  readonly repositories: number;
  readonly pullRequests: number;
}

export type SourceFacts = ConfigurationFacts;

/** How many records of each kind were changed and removed. */
export type Mutated = ReturnType<Generated['mutate']>;

export interface SourceProcess {
  readonly facts: SourceFacts;
  /** Changes 5 % of the repositories and pull requests and removes another 5 %. */
  mutate(): Promise<Mutated>;
  /** Settles when the process has ended, by itself or not, with how. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}

/** Starts the generated source in a process of its own, so that its CPU time is not counted as the worker's. */
export async function startSource(sizes: SourceSizes): Promise<SourceProcess> {
  const child = fork(fileURLToPath(new URL('./source-process.ts', import.meta.url)), [JSON.stringify(sizes)], {
    // It holds all its records: a million of them take more than Node gives by itself.
    execArgv: [...process.execArgv, '--max-old-space-size=12288'],
  });
  const exited = once(child, 'exit').then(([code, signal]) => (signal ? `signal ${signal}` : `exit code ${code}`));
  const answer = async <T>(): Promise<T> => {
    const lost = exited.then((how) => Promise.reject(new Error(`the source ended by itself (${how})`)));
    return Promise.race([once(child, 'message').then(([message]) => message as T), lost]);
  };
  const facts = await answer<SourceFacts>();
  return {
    facts,
    exited,
    mutate() {
      child.send('mutate');
      return answer<Mutated>();
    },
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
