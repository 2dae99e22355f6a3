import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { temporalBinary } from '../../workers/servers/temporal-binary.ts';
import { startTemporalServer } from '../../workers/servers/temporal-server.ts';
import { untilStopped } from '../../workers/signals.ts';
import { account } from './account.ts';
import { type ChaosResult, chaos, shrunk } from './chaos.ts';
import { PLANTED } from './patches.ts';
import { Stage } from './stage.ts';

// npm run chaos: random schedules, until the time is up or a promise is broken. With --plant, which must be found.

const USAGE = 'Usage: npm run chaos -- [--minutes N] [--seed S] [--only I] [--plant MISTAKE]';
const SHRINK_MS = 120_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function readOptions() {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { minutes: text, seed: text, only: text, plant: text } });
  const { minutes = '5', seed = String(Date.now() % 1_000_000), only, plant } = values;
  if (![minutes, seed, only ?? '0'].every((value) => /^\d{1,9}$/.test(value))) {
    throw new Error('--minutes, --seed and --only take whole numbers');
  }
  if (plant !== undefined && !Object.hasOwn(PLANTED, plant)) {
    throw new Error(`there is no mistake "${plant}"; there are: ${Object.keys(PLANTED).join('; ')}`);
  }
  const planted = plant === undefined ? [] : PLANTED[plant as keyof typeof PLANTED];
  return { planted, minutes: Number(minutes), seed: Number(seed), only: only === undefined ? null : Number(only) };
}

async function run(
  stage: Stage,
  { minutes, seed, only }: Omit<ReturnType<typeof readOptions>, 'planted'>,
): Promise<number> {
  const began = Date.now();
  const end = began + minutes * 60_000;
  const one = { first: only ?? 0, more: (begun: number) => begun === 0, concurrency: 1 };
  const result = await chaos(stage, { seed, ...(only === null ? { more: () => Date.now() < end } : one) });
  say(summary(result, { stage, seconds: (Date.now() - began) / 1000 }));
  for (const broken of result.broken) {
    const again = `npm run chaos -- --seed ${seed} --only ${broken.index}`;
    say(`\nScenario ${broken.index} of seed ${seed} breaks a promise. Once more: ${again}\n${account(broken)}\n`);
  }
  const [first] = result.broken;
  if (first) {
    say(`Looking for the smallest schedule that does what scenario ${first.index} did …`);
    const smallest = await shrunk(stage, first, SHRINK_MS);
    say(smallest ? account(smallest) : 'Played again by itself it broke nothing.');
  }
  say(`${result.scenarios} scenarios, ${result.broken.length} violations`);
  return result.broken.length === 0 ? 0 : 1;
}

function summary({ scenarios, runs, hit }: ChaosResult, { stage, seconds }: { stage: Stage; seconds: number }): string {
  return `${scenarios} scenarios with ${runs} runs in ${seconds.toFixed(0)} s; ${stage.kills} kills hit ${hit} of them`;
}

async function main(): Promise<number> {
  const { planted, ...options } = readOptions();
  const directory = await mkdtemp(path.join(tmpdir(), 'tidemark-chaos-temporal-'));
  const binary = await temporalBinary({ env: process.env, log: say });
  const server = await startTemporalServer({ binary, directory, inMemory: true, env: process.env, log: () => {} });
  try {
    const stage = await Stage.start({ temporalAddress: server.address, workers: 2, planted });
    say(`Seed ${options.seed}`);
    const stopped = untilStopped().then((signal) => Promise.reject(new Error(`stopped by ${signal}`)));
    return await Promise.race([run(stage, options), stopped]).finally(() => stage.close());
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

process.exitCode = await main().catch((error) => {
  process.stderr.write(`chaos: ${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  return 1;
});
// What still waits for a scenario that was given up would keep the process alive.
process.exit();
