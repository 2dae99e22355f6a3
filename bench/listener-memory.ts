import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { untilStopped } from '../workers/signals.ts';
import { peakMemoryOf } from './process-usage.ts';
import { Started, startRuntime } from './servers.ts';

// Measures the memory of a worker that reads a generator: npm run bench:listener -- [--rows N]. Progress goes to stderr.

const INTEGRATION = 'listener-memory';
const LIMIT_MB = 400;
const MODULE = fileURLToPath(new URL('./endless-listener.ts', import.meta.url));

function configurationText(rows: number, marks: string): string {
  const entity = {
    identifier: 'id',
    blueprint: '"record"',
    title: 'name',
    properties: { description: 'description', url: 'links.html', owner: 'owner.login', size: 'size', tags: '[tags]' },
  };
  const source = { type: 'module', module: MODULE, rows, marks };
  return JSON.stringify({ integrations: { [INTEGRATION]: { source, resources: [{ kind: 'record', entity }] } } });
}

async function measure(rows: number, { started, marks }: { started: Started; marks: string }): Promise<string> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const configuration = configurationText(rows, marks);
  const signal = new AbortController().signal;
  const { client, pids, failed } = await startRuntime({ configuration, log, signal }, started);
  const began = Date.now();
  let firstWritten: number | null = null;
  let shown = 0;
  const trigger = await client.resync(INTEGRATION, { origin: 'cli' });
  const following = client.followTrigger(trigger, {
    onProgress({ kinds: [kind] }) {
      const written = kind?.created ?? 0;
      if (written > 0) firstWritten ??= Date.now();
      if (written < shown + 50_000) return;
      shown = written;
      log(
        `${written.toLocaleString('en')} written, the worker's peak so far: ${peakMemoryOf(pids.worker)?.toFixed()} MB`,
      );
    },
  });
  const run = await Promise.race([following, failed]);
  const seconds = (Date.now() - began) / 1000;
  const memory = peakMemoryOf(pids.worker);
  const [kind] = run.kinds;
  if (run.outcome !== 'complete' || kind?.read !== rows || kind.created !== rows || run.warnings.length > 0) {
    throw new Error(`the run's result is wrong: ${JSON.stringify(run)}`);
  }
  const lastAsked = Number(readFileSync(marks, 'utf8').trim().split('\n').at(-1));
  if (firstWritten === null || firstWritten >= lastAsked) {
    throw new Error('the first batch was not written before the last page was asked for');
  }
  if (memory !== null && memory >= LIMIT_MB)
    throw new Error(`the worker took ${memory} MB; at most ${LIMIT_MB} are right`);
  const after = (time: number): string => `${((time - began) / 1000).toFixed(1)} s`;
  return [
    `${rows.toLocaleString('en')} rows from a generator in ${seconds.toFixed()} s, ${Math.round(rows / seconds).toLocaleString('en')} rows/s.`,
    `Peak memory of the worker: ${memory === null ? 'not known on this system' : `${memory.toFixed()} MB`}.`,
    `The first batch was seen written after ${after(firstWritten)}, the last page was asked for after ${after(lastAsked)}.`,
  ].join('\n');
}

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } });
const directory = mkdtempSync(path.join(tmpdir(), 'tidemark-marks-'));
const started = new Started();
const interrupted = untilStopped().then((signal) => Promise.reject(new Error(`stopped by ${signal}`)));
try {
  const measuring = measure(Number(values.rows), { started, marks: path.join(directory, 'marks') });
  process.stdout.write(`${await Promise.race([measuring, interrupted])}\n`);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await started.stop();
  rmSync(directory, { recursive: true, force: true });
}
process.exit();
