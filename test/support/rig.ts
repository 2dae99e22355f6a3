import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../../catalog/database.ts';
import { type ResyncOptions, TidemarkClient } from '../../client/client.ts';
import { loadConfiguration } from '../../config/load.ts';
import type { Entity } from '../../domain/entity.ts';
import type { RunReport } from '../../domain/run.ts';
import type { Fault } from '../../examples/github-server/faults.ts';
import type { GitHubRequest } from '../../examples/github-server/request.ts';
import { createGitHubServer, type GitHubServer } from '../../examples/github-server/server.ts';
import type { GitHubStore } from '../../examples/github-server/store.ts';
import { type ListenOptions, type RunningServer, startServer } from '../../server/listen.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { installRuntime } from '../../workers/log.ts';
import { sourcesInForce } from '../../workers/sources-in-force.ts';
import { type RunningWorker, startWorker } from '../../workers/worker.ts';
import { createTestDatabase } from './environment/database.ts';
import { githubConfiguration, type ResourceOverrides } from './github-configuration.ts';

export interface RigOptions {
  readonly store: GitHubStore;
  readonly organizations: readonly string[];
  /** Keys of the integration besides `source` and `resources`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Keys of `source:` besides `type` and `baseUrl`. */
  readonly source?: Readonly<Record<string, unknown>>;
  readonly resources?: ResourceOverrides;
  /** `false`: the test starts workers itself. */
  readonly worker?: boolean;
  readonly databaseUrl?: string;
  readonly temporalAddress?: string;
  /** The environment of workers and of what reads configurations. */
  readonly env?: Readonly<Record<string, string>>;
}

// Once in a process: the SDK's own lines about starting and stopping are no news here.
installRuntime({ info: () => {}, warn: (message) => console.warn(message) });

/** What the servers of rigs want to see. */
export const TOKEN = 'a-token-for-tests-only';

/** Everything that an integration test of resyncs needs, all real: database, Temporal, worker, an HTTP source. */
export class Rig {
  readonly integration = `it-${randomBytes(4).toString('hex')}`;
  readonly lines: string[] = [];
  /** Answers in place of the source, when set. */
  intercept: ((request: GitHubRequest) => Promise<Fault | undefined> | Fault | undefined) | undefined;
  server!: GitHubServer;
  client!: TidemarkClient;
  db!: Database;
  databaseUrl!: string;
  readonly temporalAddress: string;
  readonly taskQueue: string;
  private readonly options: RigOptions;
  private readonly closing: (() => Promise<unknown>)[] = [];

  private constructor(options: RigOptions) {
    this.options = options;
    this.taskQueue = `queue-${this.integration}`;
    this.temporalAddress = options.temporalAddress ?? inject('temporalAddress');
  }

  static async start(options: RigOptions): Promise<Rig> {
    const rig = new Rig(options);
    try {
      await rig.open();
      return rig;
    } catch (error) {
      await rig.close();
      throw error;
    }
  }

  private async open(): Promise<void> {
    if (this.options.databaseUrl) {
      this.databaseUrl = this.options.databaseUrl;
    } else {
      const database = await createTestDatabase();
      this.closing.push(() => database.drop());
      this.databaseUrl = database.url;
    }
    this.server = await createGitHubServer({
      store: this.options.store,
      intercept: (request) => this.intercept?.(request),
    });
    this.closing.push(() => this.server.close());
    this.db = openDatabase({ url: this.databaseUrl, onIdleError: () => {} });
    this.closing.push(() => this.db.close());
    this.client = await TidemarkClient.connect({
      databaseUrl: this.databaseUrl,
      temporal: { connectionOptions: { address: this.temporalAddress } },
      taskQueue: this.taskQueue,
      context: configurationContext({}),
    });
    this.closing.push(() => this.client.close());
    await this.configure(this.resources);
    if (this.options.worker !== false) await this.startWorker();
  }

  /** The overrides that the rig began with. */
  get resources(): ResourceOverrides {
    return this.options.resources ?? {};
  }

  /** The settings that the rig began with. */
  get settings(): Readonly<Record<string, unknown>> {
    return this.options.settings ?? {};
  }

  /** The environment that the rig began with. */
  get env(): Readonly<Record<string, string>> {
    return this.options.env ?? {};
  }

  /** The configuration as a file would hold it. */
  configurationText(resources: ResourceOverrides = this.resources, settings = this.settings): string {
    return githubConfiguration({
      integration: this.integration,
      baseUrl: this.server.url,
      organizations: this.options.organizations,
      settings,
      source: this.options.source ?? {},
      resources,
    });
  }

  /** Imports a configuration, as a changed file would be. */
  async configure(resources: ResourceOverrides, settings = this.settings): Promise<void> {
    const text = this.configurationText(resources, settings);
    const context = configurationContext(this.env);
    await this.client.importConfiguration(loadConfiguration({ file: 'test.yaml', text }, context));
  }

  async startWorker(env = this.env): Promise<RunningWorker> {
    const line = (message: string): void => void this.lines.push(message);
    const worker = await startWorker({
      databaseUrl: this.databaseUrl,
      temporal: { connectionOptions: { address: this.temporalAddress } },
      taskQueue: this.taskQueue,
      context: configurationContext(env),
      log: { info: line, warn: line },
    });
    this.closing.push(() => worker.stop());
    return worker;
  }

  /** The HTTP API over this rig's client, on a port of its own. */
  async startServer(options: Partial<ListenOptions> = {}): Promise<RunningServer> {
    const server = await startServer({
      client: this.client,
      context: configurationContext({}),
      source: sourcesInForce(this.client, configurationContext({})),
      token: TOKEN,
      host: '127.0.0.1',
      port: 0,
      maxBody: 1024 * 1024,
      log: { info: () => {}, warn: (message) => console.warn(message) },
      ...options,
    });
    this.closing.push(() => server.stop());
    return server;
  }

  /** Triggers and follows the trigger to the end of the run that covers it. */
  async resync(scope: Pick<ResyncOptions, 'kinds' | 'since'> = {}): Promise<RunReport> {
    return this.client.followTrigger(await this.client.resync(this.integration, { origin: 'sdk', ...scope }));
  }

  /** The catalog: `<blueprint>/<identifier>` → entity. */
  async entities(): Promise<Map<string, Entity>> {
    const entities = await this.client.entities({ limit: 100_000 });
    return new Map(entities.map((entity) => [`${entity.blueprint}/${entity.identifier}`, entity]));
  }

  /** The runs of this integration, oldest first. */
  async runs(): Promise<RunReport[]> {
    return (await this.client.runs(this.integration, 1000)).reverse();
  }

  async close(): Promise<void> {
    for (let next = this.closing.pop(); next; next = this.closing.pop()) await next();
  }
}

/** The counts of one kind of a run. */
export function kindOf(run: RunReport, kind: string) {
  const found = run.kinds.find((candidate) => candidate.kind === kind);
  if (!found) throw new Error(`run ${run.run} has no kind ${kind}`);
  return found;
}

/** Resolves when `condition` holds; it is asked every 20 ms. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 30_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain for: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
