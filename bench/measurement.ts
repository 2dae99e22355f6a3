import { setTimeout as delay } from 'node:timers/promises';
import { isIndexBehind } from '../catalog/indexing.ts';
import type { RunReport } from '../domain/run.ts';
import { INTEGRATION } from './configuration.ts';
import { type EntityWrites, settledEntityWrites } from './entity-writes.ts';
import { type Counts, type Expectation, mistakesOf, totalOf } from './expectation.ts';
import type { FloorRun } from './floor-process.ts';
import { type Histories, readHistories } from './histories.ts';
import type { PortCalls } from './port.ts';
import { cpuSecondsOf, peakMemoryOf } from './process-usage.ts';
import type { MeasuredProcess, Servers } from './servers.ts';

/** One scenario, measured. `null`: not available on this system. */
export interface Measurement {
  readonly scenario: string;
  /** Records that the source returned; those of a second listing are not counted again. */
  readonly rows: number;
  /** From the trigger until the client sees that the run has ended; it looks four times a second. */
  readonly seconds: number;
  readonly rowsPerSecond: number;
  /** From the run's own beginning to its end, by PostgreSQL's clock. */
  readonly runSeconds: number;
  /** From then on until everything that the run wrote is found by search. */
  readonly indexedSeconds: number;
  /** Over the same time as `seconds`. */
  readonly cpuSeconds: Cpu;
  /** All three together. Unlike rows/s it hardly depends on what else the machine does. */
  readonly cpuMillisecondsPerRow: number | null;
  /** 10⁶ bytes, since the worker's start. */
  readonly workerPeakMemoryMB: number | null;
  readonly history: Histories;
  readonly counts: Counts;
  /** Calls that the run made to Port; `null`: the destination is the catalog. */
  readonly portCalls: PortCalls | null;
  /** Rows of the table of entities. */
  readonly catalogWrites: EntityWrites;
  /** The same work without a sync around it; `null`: there is nothing to compare with. */
  readonly floor: FloorRun | null;
}

export interface Scenario {
  readonly name: string;
  readonly expectation: Expectation;
  /** All that was written in the scenarios before. */
  readonly writtenBefore: EntityWrites;
}

/** Triggers a resync and measures it. Throws when its result is not what it must be. */
export async function measure(servers: Servers, scenario: Scenario): Promise<Measurement> {
  const { name, expectation, writtenBefore } = scenario;
  const before = cpuOf(servers);
  const callsBefore = (await servers.port?.calls()) ?? null;
  const began = performance.now();
  const trigger = await servers.client.resync(INTEGRATION, { origin: 'cli' });
  const run = await servers.client.followTrigger(trigger);
  const seconds = (performance.now() - began) / 1000;
  const after = cpuOf(servers);
  const callsAfter = (await servers.port?.calls()) ?? null;
  const workerPeakMemoryMB = peakMemoryOf(servers.pids.worker);

  await untilIndexed(servers);
  const indexedSeconds = (performance.now() - began) / 1000 - seconds;
  const history = await readHistories(servers.temporal, await workflowOf(servers, run));
  const written = await settledEntityWrites(servers.db);
  const catalogWrites = {
    inserted: written.inserted - writtenBefore.inserted,
    updated: written.updated - writtenBefore.updated,
    deleted: written.deleted - writtenBefore.deleted,
  };
  const mistakes = mistakesOf(expectation, { run, writes: catalogWrites });
  if (mistakes.length > 0) throw new Error(`${name}: the run's result is wrong\n${mistakes.join('\n')}`);
  const counts = totalOf(run.kinds);
  const cpuSeconds = {
    worker: difference(before.worker, after.worker),
    temporal: difference(before.temporal, after.temporal),
    postgres: difference(before.postgres, after.postgres),
  };
  return {
    scenario: name,
    rows: counts.read,
    seconds: rounded(seconds, 2),
    rowsPerSecond: Math.round(counts.read / seconds),
    runSeconds: rounded((Date.parse(run.finishedAt as string) - Date.parse(run.startedAt)) / 1000, 2),
    indexedSeconds: rounded(indexedSeconds, 2),
    cpuSeconds,
    cpuMillisecondsPerRow: perRow(cpuSeconds, counts.read),
    workerPeakMemoryMB: workerPeakMemoryMB === null ? null : Math.round(workerPeakMemoryMB),
    history,
    counts,
    portCalls: callsBetween(callsBefore, callsAfter),
    catalogWrites,
    floor: null,
  };
}

async function untilIndexed({ db }: Servers): Promise<void> {
  while (await isIndexBehind(db)) await delay(100);
}

function callsBetween(before: PortCalls | null, after: PortCalls | null): PortCalls | null {
  if (before === null || after === null) return null;
  return { upserts: after.upserts - before.upserts, deletes: after.deletes - before.deletes };
}

/** CPU seconds, user and system. `null`: not available on this system. */
type Cpu = Readonly<Record<MeasuredProcess, number | null>>;

function cpuOf({ pids: { worker, temporal, postgres } }: Servers): Cpu {
  return { worker: cpuSecondsOf(worker), temporal: cpuSecondsOf(temporal), postgres: cpuSecondsOf(postgres) };
}

function perRow({ worker, temporal, postgres }: Cpu, rows: number): number | null {
  if (worker === null || temporal === null || postgres === null) return null;
  return rounded(((worker + temporal + postgres) * 1000) / rows, 3);
}

const difference = (before: number | null, after: number | null): number | null =>
  before === null || after === null ? null : rounded(after - before, 2);

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

async function workflowOf({ db }: Servers, { run, integration }: RunReport) {
  const [row] = await db.query<{ workflowRunId: string }>(
    'select workflow_run_id as "workflowRunId" from tidemark.run where id = $1',
    [run],
  );
  return { integration, workflowRunId: (row as { workflowRunId: string }).workflowRunId };
}
