import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startServer } from '../server/listen.ts';
import { configurationContext } from '../workers/configuration-context.ts';
import { untilStopped } from '../workers/signals.ts';
import { sourcesInForce } from '../workers/sources-in-force.ts';
import { configurationText, INTEGRATION } from './configuration.ts';
import { Started, startRuntime } from './servers.ts';
import { startSource } from './source.ts';

// Delivers GitHub's webhooks at a steady rate and measures the answers: npm run bench:webhooks -- [--rate N] [--seconds N].

const SECRET = 'bench';
const SIZES = { repositories: 1_000, pullRequests: 10 };

/** The sender keeps its connections, as senders of webhooks do. */
const agent = new Agent({ keepAlive: true, maxSockets: 100 });

interface Load {
  readonly rate: number;
  readonly seconds: number;
}

function withSecret(text: string): string {
  const configuration = JSON.parse(text);
  configuration.integrations[INTEGRATION].source.webhookSecret = SECRET;
  return JSON.stringify(configuration);
}

/** Delivers one event about a repository of the source; the milliseconds until it was answered. */
async function deliver(url: string, id: number): Promise<number> {
  // As the generated source numbers them.
  const repository = { id: 100_000 + id, node_id: `R_kgDOL${id.toString(36)}`, full_name: `org-0/svc-${id}` };
  const body = JSON.stringify({ action: 'edited', repository });
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-github-event': 'repository',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`,
  };
  const began = performance.now();
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, agent }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode));
    });
    sent.on('error', reject).end(body);
  });
  if (status !== 202) throw new Error(`a delivery was answered ${status}`);
  return performance.now() - began;
}

async function measure({ rate, seconds }: Load, started: Started): Promise<string> {
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const source = await startSource(SIZES);
  started.add(() => source.stop());
  const signal = new AbortController().signal;
  const configuration = withSecret(configurationText(source.facts));
  const { client, db, failed } = await startRuntime({ configuration, log, signal }, started);
  const context = configurationContext({});
  const quiet = { info: () => {}, warn: log };
  const own = { host: '127.0.0.1', port: 0, token: 'bench', maxBody: 1024 * 1024, log: quiet };
  const server = await startServer({ ...own, client, context, source: sourcesInForce(client, context) });
  started.add(() => server.stop());
  const url = `${server.url}/v1/webhooks/${INTEGRATION}`;
  const answers: Promise<number>[] = [];
  const began = performance.now();
  const total = rate * seconds;
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.ceil(((performance.now() - began) / 1000) * rate));
    for (; sent < due; sent++) answers.push(deliver(url, sent % SIZES.repositories));
    await delay(2);
  }
  const times = (await Promise.race([Promise.all(answers), failed])).sort((a, b) => a - b);
  const states = await Promise.race([untilSettled(), failed]);
  const settled = (performance.now() - began) / 1000;
  if (states.reduce((sum, { count }) => sum + count, 0) !== total) throw new Error('deliveries were lost');
  const at = (share: number): string => `${times[Math.floor((times.length - 1) * share)]?.toFixed(0)} ms`;
  return [
    `${total} deliveries at ${rate} a second: answered in ${at(0.5)} (median), ${at(0.95)} (95th percentile), ${at(1)} (slowest).`,
    `All were settled ${settled.toFixed(1)} s after the first: ${states.map(({ state, count }) => `${count} ${state}`).join(', ')}.`,
  ].join('\n');

  async function untilSettled() {
    for (;;) {
      const rows = await db.query<{ state: string; count: number }>(
        'select state, count(*)::int as count from tidemark.inbox group by state order by state',
      );
      if (!rows.some(({ state }) => state === 'waiting')) return rows;
      await delay(200);
    }
  }
}

const { values } = parseArgs({ options: { rate: { type: 'string' }, seconds: { type: 'string' } } });
const started = new Started();
const stopped = untilStopped().then(() => Promise.reject(new Error('stopped')));
try {
  const load = { rate: Number(values.rate ?? 200), seconds: Number(values.seconds ?? 30) };
  process.stdout.write(`${await Promise.race([measure(load, started), stopped])}\n`);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await started.stop();
}
process.exit();
