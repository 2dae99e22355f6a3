import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { type Database, openDatabase } from '../../catalog/database.ts';
import { TidemarkClient } from '../../client/client.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../workers/servers/embedded-postgres.ts';
import { loadWorkflowBundle } from '../../workers/workflow-bundle.ts';
import { installAudit } from './audit.ts';
import { Crew } from './crew.ts';
import { DatabaseProxy } from './database-proxy.ts';
import type { Patch } from './patches.ts';
import type { Kill } from './scenario.ts';

export interface StageOptions {
  readonly temporalAddress: string;
  readonly workers: number;
  readonly planted?: readonly Patch[];
}

/** What scenarios share: a PostgreSQL of their own with its audit, workers that reach it over a proxy, a client. */
export class Stage {
  client!: TidemarkClient;
  temporal!: Client;
  db!: Database;
  proxy!: DatabaseProxy;
  crew!: Crew;
  /** Scenarios that run at the moment; each is told when a process is killed. */
  readonly playing = new Set<{ hit: boolean }>();
  kills = 0;
  private postgres!: EmbeddedPostgres;
  private directory!: string;
  /** What went wrong with the stage itself: then nothing is proved. */
  readonly failures: unknown[] = [];
  private restarting: Promise<unknown> = Promise.resolve();
  private scenarios = 0;
  /** Stages share a Temporal server, on which one may leave workflows behind: no other has an integration of theirs. */
  private readonly name = randomBytes(4).toString('hex');
  private readonly closing: (() => Promise<unknown>)[] = [];

  static async start(options: StageOptions): Promise<Stage> {
    const stage = new Stage();
    try {
      await stage.open(options);
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  private async open({ temporalAddress, workers, planted = [] }: StageOptions): Promise<void> {
    // However this process ends, the others go with it; before what ends a test worker whose parent is gone.
    process.prependOnceListener('disconnect', this.endNow);
    process.once('exit', this.endNow);
    this.closing.push(async () => void process.off('disconnect', this.endNow).off('exit', this.endNow));
    this.directory = await mkdtemp(path.join(tmpdir(), 'tidemark-chaos-'));
    this.closing.push(() => rm(this.directory, { recursive: true, force: true }));
    await this.startPostgres();
    this.closing.push(async () => {
      await this.restarting;
      await this.postgres.stop();
    });
    const { url } = this.postgres;
    const taskQueue = path.basename(this.directory);
    const temporal = { connectionOptions: { address: temporalAddress } };
    this.client = await TidemarkClient.connect({ databaseUrl: url, temporal, taskQueue });
    this.closing.push(() => this.client.close());
    const connection = await Connection.connect({ address: temporalAddress });
    this.closing.push(() => connection.close());
    this.temporal = new Client({ connection });
    this.db = openDatabase({ url, onIdleError: () => {} });
    this.closing.push(() => this.db.close());
    await installAudit(this.db);
    this.proxy = await DatabaseProxy.start(() => this.postgres.port);
    this.closing.push(() => this.proxy.close());
    // Workers that start together would each bundle.
    await loadWorkflowBundle({ info: () => {}, warn: () => {} });
    const databaseUrl = url.replace(`:${this.postgres.port}/`, `:${this.proxy.port}/`);
    this.crew = await Crew.start({ databaseUrl, temporalAddress, taskQueue, size: workers, planted });
    this.closing.push(() => this.crew.close());
  }

  private readonly endNow = (): void => {
    this.crew?.endNow();
    if (this.postgres) process.kill(this.postgres.pid, 'SIGQUIT');
  };

  /** Names of one length, none of which is the beginning of another. */
  nextIntegration(): string {
    return `c${this.name}${String(++this.scenarios).padStart(6, '0')}`;
  }

  kill(what: Kill['kill']): void {
    this.kills += 1;
    for (const play of this.playing) play.hit = true;
    if (what !== 'postgres') this.crew.signal(what);
    else
      this.restarting = this.restarting.then(() => this.restartPostgres()).catch((error) => this.failures.push(error));
  }

  private async startPostgres(port?: number): Promise<void> {
    this.postgres = await startEmbeddedPostgres({
      directory: this.directory,
      log: () => {},
      ...(port ? { port } : {}),
    });
  }

  /** PostgreSQL's immediate shutdown: every process of it goes at once, and the next start recovers. */
  private async restartPostgres(): Promise<void> {
    process.kill(this.postgres.pid, 'SIGQUIT');
    await this.postgres.exited;
    await this.startPostgres(this.postgres.port);
  }

  async close(): Promise<void> {
    for (let next = this.closing.pop(); next; next = this.closing.pop()) await next();
  }
}
