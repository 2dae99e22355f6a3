import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerInterceptors } from '@temporalio/worker';
import type { ActivityDependencies, Log } from '../activities/dependencies.ts';
import { HandOver } from '../activities/hand-over.ts';
import { createActivities } from '../activities/index.ts';
import { ActivityGuard } from '../activities/interceptor.ts';
import { createPipelines } from '../activities/pipeline.ts';
import { ReadingSessions } from '../activities/reading-sessions.ts';
import { openDatabase } from '../catalog/database.ts';
import { TidemarkClient } from '../client/client.ts';
import type { TemporalAddress } from '../client/temporal.ts';
import type { ConfigurationContext } from '../config/definitions.ts';
import { catalogDestination } from '../destinations/catalog.ts';
import { portDestination } from '../destinations/port/port-destination.ts';
import { shopwareDestination } from '../destinations/shopware/shopware-destination.ts';
import { PortWatch } from './port-watch.ts';
import { ScheduleKeeper } from './schedule-keeper.ts';
import { probeSearchAttributes } from './search-attributes.ts';
import { ShopIndexKeeper } from './shop-index-keeper.ts';
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

/** Port is asked so often whether somebody wants a resync. */
const WATCH_SECONDS = 15;

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
  const pipeline = createPipelines({
    db,
    sources: sourceTypes,
    destinations: [catalogDestination(db), portDestination(db), shopwareDestination(db)],
    context,
  });
  const searchAttributes = await probe(temporal, log);
  // Whether a worker runs need not be asked: this one does.
  const scheduled = (integration: string, id: string) =>
    client.resync(integration, { origin: 'schedule', id, queue: true });
  const sessions = new ReadingSessions(taskQueue);
  const activities = createActivities({
    db,
    pipeline,
    scheduled,
    log,
    sessions,
    handOver: new HandOver(),
    searchAttributes,
  });
  // What only this process can do comes to it by a queue of its own.
  const own = await Worker.create({
    connection,
    namespace,
    taskQueue: sessions.queue,
    activities,
    interceptors: guarded(),
    maxHeartbeatThrottleInterval: '1 second',
    shutdownGraceTime: '0 seconds',
    shutdownForceTime: '10 seconds',
  });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: await loadWorkflowBundle(log),
    activities,
    interceptors: guarded(),
    // A cancellation reaches an activity only on a heartbeat that is really sent.
    maxHeartbeatThrottleInterval: '1 second',
    maxConcurrentActivityTaskExecutions: 20,
    maxCachedWorkflows: 100,
    shutdownGraceTime: '0 seconds',
    shutdownForceTime: '10 seconds',
  });
  const schedules = new ScheduleKeeper({ db, client, env: context.env, log });
  const port = new PortWatch({ db, client, context, log });
  const shops = new ShopIndexKeeper({ db, context, log });
  const sweeping = sweep({ client, schedules, port, shops, log });
  const shutDown = (): void => {
    for (const each of [worker, own]) if (each.getState() === 'RUNNING') each.shutdown();
  };
  // Both have to be at their end before what they use is closed.
  const running = Promise.allSettled([worker.run(), own.run()].map((run) => run.finally(shutDown)));
  const stopped = running
    .then((ends) => {
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    })
    .finally(async () => {
      await sweeping.stop();
      await sessions.close();
      await client.close();
      await connection.close();
      await db.close();
    });
  await Promise.race([untilPolling(client), stopped]);
  return {
    stopped,
    async stop() {
      shutDown();
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

interface Swept {
  readonly client: TidemarkClient;
  readonly schedules: ScheduleKeeper;
  readonly port: PortWatch;
  readonly shops: ShopIndexKeeper;
  readonly log: Log;
}

/**
 * Sends signals again that were lost between a trigger's commit and Temporal (sync-semantics 4.1), closes runs whose
 * workflow has ended without a word, has indexed what was written, keeps schedules in step, looks for triggers given in
 * Port, has shops index what they were told not to, and drops what was kept long enough. None waits for another to succeed.
 */
function sweep({ client, schedules, port, shops, log }: Swept): { stop(): Promise<void> } {
  const warn = (error: Error): void => log.warn(`sweep, trying again in ${SWEEP_SECONDS} s: ${error.message}`);
  const keep = (): Promise<void> => schedules.keep().catch(warn);
  let sweeping: Promise<unknown> = keep();
  const timer = setInterval(() => {
    sweeping = Promise.all([
      client.closeAbandonedRuns().catch(warn),
      client.recoverLostTriggers(SWEEP_SECONDS).catch(warn),
      client.recoverForgottenCalls(SWEEP_SECONDS).catch(warn),
      client.forgetExpired().catch(warn),
      client.recoverIndex().catch(warn),
      keep(),
    ]);
  }, SWEEP_SECONDS * 1000);
  const look = (): Promise<unknown> => Promise.all([port.look().catch(warn), shops.look().catch(warn)]);
  let watching = look();
  const watchTimer = setInterval(() => {
    watching = look();
  }, WATCH_SECONDS * 1000);
  return {
    async stop() {
      clearInterval(timer);
      clearInterval(watchTimer);
      await Promise.all([sweeping, watching]);
    },
  };
}
