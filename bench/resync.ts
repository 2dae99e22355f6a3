import { parseArgs } from 'node:util';
import { UsageError } from '../domain/errors.ts';
import { untilStopped } from '../workers/signals.ts';
import type { Measurement } from './measurement.ts';
import { portAt, startPort } from './port.ts';
import { measureScenarios } from './scenarios.ts';
import { Started, startServers } from './servers.ts';
import { table } from './table.ts';

// Measures resyncs of a generated source: npm run bench -- [--destination catalog|port] [--rows N] [--json]. Progress goes
// to stderr. With `--destination port` a server like Port's is started, or the one at `--port-url` is used.

const DEFAULT_ROWS = 20_000;

interface BenchOptions {
  /** Half of them repositories, half pull requests; five organizations come on top. */
  readonly rows: number;
  readonly json: boolean;
  readonly destination: 'catalog' | 'port';
  /** A server like Port's that runs already. */
  readonly portUrl: string | null;
}

function readOptions(args: readonly string[]): BenchOptions {
  const options = {
    rows: { type: 'string', default: String(DEFAULT_ROWS) },
    json: { type: 'boolean', default: false },
    destination: { type: 'string', default: 'catalog' },
    'port-url': { type: 'string' },
  } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    if (!/^[1-9]\d{0,7}$/.test(values.rows)) throw new Error(`--rows takes a whole number above 0, not ${values.rows}`);
    const { destination, 'port-url': portUrl = null } = values;
    if (destination !== 'catalog' && destination !== 'port') {
      throw new Error(`--destination takes catalog or port, not ${destination}`);
    }
    return { rows: Number(values.rows), json: values.json, destination, portUrl };
  } catch (error) {
    throw new UsageError(
      `${(error as Error).message}\nUsage: npm run bench -- [--destination catalog|port] [--port-url URL] [--rows N] [--json]`,
    );
  }
}

async function bench({ rows, destination, portUrl }: BenchOptions): Promise<Measurement[]> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const sizes = { repositories: Math.ceil(rows / 2), pullRequests: Math.floor(rows / 2) };
  const port = async () => {
    if (destination === 'catalog') return null;
    return portUrl === null ? startPort() : portAt(portUrl);
  };
  const started = new Started();
  const abort = new AbortController();
  const interrupted = untilStopped().then((signal) => {
    abort.abort(new Error('stopped'));
    throw new Error(`stopped by ${signal}`);
  });
  const starting = startServers({ sizes, log, signal: abort.signal, startPort: port }, started);
  const measuring = starting.then((servers) =>
    Promise.race([measureScenarios(servers, { sizes, log }), servers.failed]),
  );
  try {
    return await Promise.race([measuring, interrupted]);
  } finally {
    log('Stopping …');
    // What is still starting has to be known before it can be stopped.
    await starting.catch(() => {});
    await started.stop();
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  const measurements = await bench(options);
  process.stdout.write(`${options.json ? JSON.stringify(measurements, null, 2) : table(measurements)}\n`);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
// What still waits for a run that was interrupted would keep the process alive.
process.exit();
