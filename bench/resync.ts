import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { UsageError } from '../domain/errors.ts';
import { untilStopped } from '../workers/signals.ts';
import type { Measurement } from './measurement.ts';
import { type PortProcess, portAt, startPort } from './port.ts';
import { measureScenarios } from './scenarios.ts';
import { Started, startServers } from './servers.ts';
import { machine, table } from './table.ts';

// Measures resyncs of a generated source into the catalog, and the floor beside them, or to Port:
// npm run bench -- [--rows N[,N]…] [--destination catalog|port] [--port-url URL] [--json] [--write]. Progress goes to
// stderr. With `--destination port` a server like Port's is started, unless `--port-url` says where one runs.

const DEFAULT_ROWS = '20000';
const USAGE =
  'Usage: npm run bench -- [--rows N[,N]…] [--destination catalog|port] [--port-url URL] [--json] [--write]';

interface BenchOptions {
  /** For each a catalog of its own. Half of them repositories, half pull requests; five organizations come on top. */
  readonly rows: readonly number[];
  readonly json: boolean;
  /** Puts the tables into docs/performance.md. */
  readonly write: boolean;
  /** Starts what is written to instead of the catalog. */
  readonly port: () => Promise<PortProcess | null>;
}

function readOptions(args: readonly string[]): BenchOptions {
  const options = {
    rows: { type: 'string', default: DEFAULT_ROWS },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    destination: { type: 'string', default: 'catalog' },
    'port-url': { type: 'string' },
  } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    const sizes = values.rows.split(',');
    const bad = sizes.find((size) => !/^[1-9]\d{0,7}$/.test(size));
    if (bad !== undefined) throw new Error(`--rows takes whole numbers above 0, not "${bad}"`);
    return { ...values, rows: sizes.map(Number), port: portOf(values) };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

function portOf(values: { destination: string; 'port-url'?: string; write: boolean }): BenchOptions['port'] {
  const { destination, 'port-url': url, write } = values;
  if (destination === 'catalog' && url === undefined) return async () => null;
  if (destination !== 'port') throw new Error(`--destination takes catalog or port, not "${destination}"`);
  if (write) throw new Error('--write is for the catalog');
  return url === undefined ? startPort : async () => portAt(url);
}

interface BenchRun {
  readonly rows: number;
  readonly startPort: BenchOptions['port'];
  readonly interrupted: Promise<never>;
  readonly abort: AbortSignal;
}

async function bench({ rows, startPort, interrupted, abort }: BenchRun): Promise<Measurement[]> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const sizes = { repositories: Math.ceil(rows / 2), pullRequests: Math.floor(rows / 2) };
  const started = new Started();
  const starting = startServers({ sizes, log, signal: abort, startPort }, started);
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

interface Sized {
  readonly rows: number;
  readonly measurements: readonly Measurement[];
}

const titled = ({ rows, measurements }: Sized): string =>
  `At ${rows.toLocaleString('en-US')} rows:\n\n${table(measurements)}\n`;

const FIGURES = new URL('../docs/performance.md', import.meta.url);

/** Between the comments of the page that name this script. */
function writeFigures(text: string): void {
  const page = readFileSync(FIGURES, 'utf8');
  const [before, , after] = page.split(/(?<=<!-- npm run bench -->\n)|(?=<!-- end -->)/);
  if (after === undefined) throw new Error('docs/performance.md lacks the comments between which the figures go');
  writeFileSync(FIGURES, `${before}\n${text}\n${after}`);
}

try {
  const options = readOptions(process.argv.slice(2));
  const abort = new AbortController();
  const interrupted = untilStopped().then((signal) => {
    abort.abort(new Error('stopped'));
    throw new Error(`stopped by ${signal}`);
  });
  interrupted.catch(() => {});
  const all: Sized[] = [];
  const each = { startPort: options.port, interrupted, abort: abort.signal };
  for (const rows of options.rows) all.push({ rows, measurements: await bench({ rows, ...each }) });
  const text = `${all.map(titled).join('\n')}\n${machine()}.\n`;
  if (options.write) writeFigures(text);
  process.stdout.write(options.json ? `${JSON.stringify(all, null, 2)}\n` : text);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
// What still waits for a run that was interrupted would keep the process alive.
process.exit();
