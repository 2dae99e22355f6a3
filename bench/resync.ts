import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { UsageError } from '../domain/errors.ts';
import { untilStopped } from '../workers/signals.ts';
import type { Measurement } from './measurement.ts';
import { measureScenarios } from './scenarios.ts';
import { Started, startServers } from './servers.ts';
import { machine, table } from './table.ts';

// Measures resyncs of a generated source into the catalog, and the floor beside them:
// npm run bench -- [--rows N[,N]…] [--json] [--write]. Progress goes to stderr.

const DEFAULT_ROWS = '20000';
const USAGE = 'Usage: npm run bench -- [--rows N[,N]…] [--json] [--write]';

interface BenchOptions {
  /** For each a catalog of its own. Half of them repositories, half pull requests; five organizations come on top. */
  readonly rows: readonly number[];
  readonly json: boolean;
  /** Puts the tables into docs/performance.md. */
  readonly write: boolean;
}

function readOptions(args: readonly string[]): BenchOptions {
  const options = {
    rows: { type: 'string', default: DEFAULT_ROWS },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  } as const;
  try {
    const { values } = parseArgs({ args: [...args], options });
    const sizes = values.rows.split(',');
    const bad = sizes.find((size) => !/^[1-9]\d{0,7}$/.test(size));
    if (bad !== undefined) throw new Error(`--rows takes whole numbers above 0, not "${bad}"`);
    return { ...values, rows: sizes.map(Number) };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${USAGE}`);
  }
}

async function bench(rows: number, interrupted: Promise<never>, abort: AbortSignal): Promise<Measurement[]> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const sizes = { repositories: Math.ceil(rows / 2), pullRequests: Math.floor(rows / 2) };
  const started = new Started();
  const starting = startServers({ sizes, log, signal: abort }, started);
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
  for (const rows of options.rows) all.push({ rows, measurements: await bench(rows, interrupted, abort.signal) });
  const text = `${all.map(titled).join('\n')}\n${machine()}.\n`;
  if (options.write) writeFigures(text);
  process.stdout.write(options.json ? `${JSON.stringify(all, null, 2)}\n` : text);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
// What still waits for a run that was interrupted would keep the process alive.
process.exit();
