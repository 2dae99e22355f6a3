import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FloorRun, FloorTask } from './floor-process.ts';
import type { Servers } from './servers.ts';

/**
 * Measures the floor on the same source and the same PostgreSQL: reads, maps by hand and upserts everything, at first
 * all of it new, then unchanged. Leaves nothing behind.
 */
export async function measureFloor({ source, databaseUrl }: Servers): Promise<readonly FloorRun[]> {
  const task: FloorTask = { facts: source.facts, databaseUrl, runs: 2 };
  const child = fork(fileURLToPath(new URL('./floor-process.ts', import.meta.url)), [JSON.stringify(task)]);
  const exited = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the floor ended with ${code}`)));
  exited.catch(() => {});
  const [runs] = (await Promise.race([once(child, 'message'), exited])) as [FloorRun[]];
  return runs;
}
