import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerInterceptors } from '@temporalio/worker';
import type { ActivityDependencies, Log } from '../activities/dependencies.ts';
import { createActivities } from '../activities/index.ts';
import { ActivityGuard } from '../activities/interceptor.ts';
import { createPipelines } from '../activities/pipeline.ts';
import { openDatabase } from '../catalog/database.ts';
import { type TemporalAddress, TidemarkClient } from '../client/client.ts';
import type { ConfigurationContext } from '../config/definitions.ts';
import { catalogDestination } from '../destinations/catalog.ts';
import { probeSearchAttributes } from './search-attributes.ts';
import { sourceTypes } from './source-types.ts';
import { loadWorkflowBundle } from './workflow-bundle.ts';

export interface WorkerOptions {
  readonly databaseUrl: string;
  readonly temporal: TemporalAddress;
  readonly taskQueue: string;
  readonly context: ConfigurationContext;
  readonly log: Log;
}

export interface RunningWorker {
  /** Resolves when the worker has stopped; rejects when it failed. */
  readonly stopped: Promise<void>;
  /** Stops polling, cancels activities (another worker repeats them), and closes what the worker opened. */
  stop(): Promise<void>;
}

/** Triggers older than this without a run get their signal again; so long a client may take to send it itself. */
const SWEEP_SECONDS = 5;

const CONNECTIONS = 16;

/** Starts a worker that runs every workflow and activity of Tidemark; resolves when Temporal knows that it polls. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { databaseUrl, temporal, taskQueue, context, log } = options;
  // First: it brings the database's schema to this version.
  const client = await TidemarkClient.connect({ databaseUrl, temporal, taskQueue });
  const db = openDatabase({ url: databaseUrl, poolSize: CONNECTIONS });
  const connection = await NativeConnection.connect(
    temporal.connectionOptions as Parameters<typeof NativeConnection.connect>[0],
  );
  const namespace = temporal.namespace ?? 'default';
  const pipeline = createPipelines({ db, sources: sourceTypes, destinations: [catalogDestination(db)], context });
  const searchAttributes = await probe(temporal, log);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: await loadWorkflowBundle(log),
    activities: createActivities({ db, pipeline, log, searchAttributes }),
    interceptors: guarded(),
    // A cancellation reaches an activity only on a heartbeat that is really sent.
    maxHeartbeatThrottleInterval: '1 second',
    maxConcurrentActivityTaskExecutions: 20,
    maxCachedWorkflows: 100,
    shutdownGraceTime: '0 seconds',
    shutdownForceTime: '10 seconds',
  });
  const sweeping = sweep(client, log);
  const stopped = worker.run().finally(async () => {
    await sweeping.stop();
    await client.close();
    await connection.close();
    await db.close();
  });
  await Promise.race([untilPolling(client), stopped]);
  return {
    stopped,
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await stopped;
    },
  };
}

const guarded = (): WorkerInterceptors => ({ activity: [(context) => ({ inbound: new ActivityGuard(context) })] });

async function probe(
  { connectionOptions, namespace }: TemporalAddress,
  log: ActivityDependencies['log'],
): Promise<boolean> {
  const connection = await Connection.connect(connectionOptions);
  try {
    return await probeSearchAttributes(new Client({ connection, ...(namespace ? { namespace } : {}) }), log);
  } finally {
    await connection.close();
  }
}

/** A worker that the server does not know yet would be missing to the first trigger. */
async function untilPolling(client: TidemarkClient): Promise<void> {
  while (!(await client.hasWorker())) await new Promise((resolve) => setTimeout(resolve, 50));
}

/**
 * Sends signals again that were lost between a trigger's commit and Temporal (sync-semantics 4.1), and closes runs
 * whose workflow has ended without a word. Neither waits for the other to succeed.
 */
function sweep(client: TidemarkClient, log: Log): { stop(): Promise<void> } {
  let sweeping: Promise<unknown> = Promise.resolve();
  const warn = (error: Error): void => log.warn(`sweep, trying again in ${SWEEP_SECONDS} s: ${error.message}`);
  const timer = setInterval(() => {
    sweeping = Promise.all([
      client.closeAbandonedRuns().catch(warn),
      client.recoverLostTriggers(SWEEP_SECONDS).catch(warn),
    ]);
  }, SWEEP_SECONDS * 1000);
  return {
    async stop() {
      clearInterval(timer);
      await sweeping;
    },
  };
}
