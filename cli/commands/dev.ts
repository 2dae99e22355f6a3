import { createWriteStream } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { TidemarkClient } from '../../client/client.ts';
import type { Configuration } from '../../config/configuration.ts';
import { readConfiguration } from '../../config/read.ts';
import { EXIT_CODES } from '../../domain/outcome.ts';
import { temporalUi } from '../../server/temporal-ui.ts';
import { startDemo } from '../../workers/demo.ts';
import { createLog, installRuntime } from '../../workers/log.ts';
import { type DevServers, startDevServers } from '../../workers/servers/dev-servers.ts';
import { untilStopped } from '../../workers/signals.ts';
import { startWorker } from '../../workers/worker.ts';
import { startHttpServerNearby } from '../http-server.ts';
import type { Output } from '../output.ts';
import { type CommonOptions, connections, contextFor, dataDirectory, outputOf } from '../session.ts';
import { exitCodeOf, followToTheEnd } from './resync.ts';

interface DevOptions extends CommonOptions {
  readonly once?: boolean;
}

/** `tidemark dev`, which is what `npm start` runs: everything on one machine. */
export function addDevCommand(program: Command, run: (code: number) => void): void {
  program
    .command('dev')
    .description(
      'run everything here: PostgreSQL, Temporal, a worker, the Data Sources page and the HTTP API, a first resync; stays up until Ctrl-C',
    )
    .option('--once', 'end after the first resync, with its exit code')
    .action(async (_, command: Command) => {
      run(await dev(command.optsWithGlobals<DevOptions>()));
    });
}

/** What has to be stopped, in the order in which it was started: the last one goes first. */
class Started {
  private readonly stops: (() => Promise<void>)[] = [];

  add<T extends { stop(): Promise<void> }>(part: T): T {
    this.stops.push(() => part.stop());
    return part;
  }

  async stop(): Promise<void> {
    for (let next = this.stops.pop(); next; next = this.stops.pop()) await next();
  }
}

async function dev(options: DevOptions): Promise<number> {
  const output = outputOf(options);
  const started = new Started();
  const abort = new AbortController();
  const interrupted = untilStopped().then(() => {
    abort.abort(new Error('stopped'));
    output.note('Stopping …');
    return options.once ? EXIT_CODES.aborted : 0;
  });
  const starting = startEverything(options, { started, signal: abort.signal });
  try {
    return await Promise.race([starting.then((running) => serve(running, options)), interrupted]);
  } finally {
    // What is still starting has to be known before it can be stopped.
    await starting.catch(() => {});
    await started.stop();
  }
}

interface Running {
  readonly client: TidemarkClient;
  readonly configuration: Configuration;
  readonly servers: DevServers;
  /** Where the page and the HTTP API are; `null` with `--once`, which ends before anybody could call it. */
  readonly apiUrl: string | null;
  /** Rejects when a part ends by itself. */
  readonly failed: Promise<never>;
}

async function startEverything(
  options: DevOptions,
  { started, signal }: { started: Started; signal: AbortSignal },
): Promise<Running> {
  const note = (line: string): void => outputOf(options).note(line);
  const here = connections();
  const demo =
    options.config === undefined ? started.add(await startDemo({ githubToken: here.githubToken, log: note })) : null;
  const file = demo?.configurationFile ?? (options.config as string);
  const context = contextFor(file, { ...process.env, ...demo?.env });
  const configuration = await readConfiguration(file, context);
  const directory = dataDirectory();
  const servers = started.add(await startDevServers({ directory, connections: here, log: note, signal }));
  const log = createLog(createWriteStream(path.join(directory, 'tidemark.log'), { flags: 'a' }));
  installRuntime(log);
  note('Starting a worker …');
  const { databaseUrl, temporal } = servers;
  const where = { databaseUrl, temporal, taskQueue: here.taskQueue, context };
  const worker = started.add(await startWorker({ ...where, log }));
  const client = await TidemarkClient.connect(where);
  started.add({ stop: () => client.close() });
  const settings = configuration.server;
  const ui = here.temporalUi ?? servers.temporalUiUrl;
  const links = ui === null ? null : temporalUi(ui, temporal.namespace);
  const http = { client, context, settings, temporalUi: links, log, note };
  const api = options.once ? null : started.add(await startHttpServerNearby(http));
  const ended = worker.stopped.then(() => Promise.reject(new Error('the worker ended by itself')));
  const failed = Promise.race([servers.failed, ended]);
  failed.catch(() => {});
  return { client, configuration, servers, apiUrl: api?.url ?? null, failed };
}

async function serve(running: Running, options: DevOptions): Promise<number> {
  const code = await Promise.race([firstResyncs(running, outputOf(options)), running.failed]);
  if (options.once) return code;
  sayWhereThingsAre((line) => outputOf(options).note(line), running);
  return running.failed;
}

/** Resyncs every integration of the configuration; the exit code is that of the first that is not complete. */
async function firstResyncs({ client, configuration }: Running, output: Output): Promise<number> {
  await client.importConfiguration(configuration);
  const triggers = [];
  for (const { id } of configuration.integrations) triggers.push(await client.resync(id, { origin: 'cli' }));
  const runs = [];
  for (const trigger of triggers) runs.push(await followToTheEnd(client, { trigger, output }));
  if (output.json) output.answer(runs, () => '');
  return runs.map(exitCodeOf).find((code) => code !== 0) ?? 0;
}

function sayWhereThingsAre(note: (line: string) => void, { servers, configuration, apiUrl }: Running): void {
  const first = configuration.integrations[0]?.id;
  note('');
  note(`Data sources:  ${apiUrl}/`);
  note(`HTTP API:      ${apiUrl}, described at ${apiUrl}/docs`);
  if (servers.temporalUiUrl) note(`Temporal UI:   ${servers.temporalUiUrl}`);
  note(`Logs and data: ${dataDirectory()}`);
  note(`Next:          npx tidemark entities, npx tidemark status, npx tidemark resync ${first} --wait`);
  note('Running until Ctrl-C.');
}
