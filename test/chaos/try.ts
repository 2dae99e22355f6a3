import { chaos } from './chaos.ts';
import { scenarios } from './scenario.ts';
import { Stage } from './stage.ts';
import { temporalBinary } from '../../workers/servers/temporal-binary.ts';
import { startTemporalServer } from '../../workers/servers/temporal-server.ts';
import { mkdtemp } from 'node:fs/promises';
const directory = await mkdtemp('/tmp/tchaos-');
const binary = await temporalBinary({ env: process.env, log: () => {} });
const server = await startTemporalServer({ binary, directory, inMemory: true, env: process.env, log: () => {} });
const stage = await Stage.start({ temporalAddress: server.address, workers: 1 });
try {
  const [count, conc, seed] = process.argv.slice(2).map(Number);
  const t = Date.now();
  const r = await chaos(stage, { seed: seed ?? 1, draw: () => scenarios(), more: (n) => n < count, concurrency: conc });
  console.log(r.scenarios, 'scenarios', r.runs, 'runs', Date.now() - t, 'ms', 'broken', r.broken.length);
  for (const b of r.broken.slice(0,1)) {
    console.log(JSON.stringify(b.scenario, null, 1)); console.log(b.played.story.join('\n')); console.log(b.played.violations.join('\n'));
    console.log(b.played.log.runs.map(r=>JSON.stringify({...r,configuration:r.configuration?.number})).join('\n'));
  }
} finally { await stage.close(); await server.stop(); }
process.exit();
