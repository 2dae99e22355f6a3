import { mkdtemp } from 'node:fs/promises';
import { temporalBinary } from '../../workers/servers/temporal-binary.ts';
import { startTemporalServer } from '../../workers/servers/temporal-server.ts';
import { chaos } from './chaos.ts';
import { PLANTED } from './patches.ts';
import { scenarios, zombies } from './scenario.ts';
import { Stage } from './stage.ts';

const directory = await mkdtemp('/tmp/tchaos-');
const binary = await temporalBinary({ env: process.env, log: () => {} });
const server = await startTemporalServer({ binary, directory, inMemory: true, env: process.env, log: () => {} });
const stage = await Stage.start({
  temporalAddress: server.address,
  workers: 2,
  planted: (PLANTED as any)[process.env.PLANT ?? ''] ?? [],
});
try {
  const [count, conc, seed] = process.argv.slice(2).map(Number) as [number, number, number];
  const t = Date.now();
  const r = await chaos(stage, {
    seed: seed ?? 1,
    draw: () => (process.env.ZOMBIES ? zombies : scenarios((process.env.KILL as any) ?? null)),
    more: (n) => n < count,
    concurrency: conc,
  });
  console.log(r.scenarios, 'scenarios', r.runs, 'runs', Date.now() - t, 'ms', 'broken', r.broken.length);
  const { execSync } = await import('node:child_process');
  console.log('own cpu', process.cpuUsage());
  console.log(
    execSync(
      `ps -o pid,time,args --ppid ${process.pid} | cut -c1-100; ps -eo pid,ppid,time,args | grep -i postgres | grep ${(stage as any).postgres.port} | head -2; ps -o time,args --ppid ${(stage as any).postgres.pid} | sort -r | head -12; uptime`,
    ).toString(),
  );
  for (const b of r.broken.slice(0, 1)) {
    console.log(JSON.stringify(b.scenario, null, 1));
    console.log(b.played.story.join('\n'));
    console.log(b.played.violations.join('\n'));
    console.log(
      b.played.log.runs.map((r) => JSON.stringify({ ...r, configuration: r.configuration?.number })).join('\n'),
    );
  }
} finally {
  await stage.close();
  await server.stop();
}
process.exit();
