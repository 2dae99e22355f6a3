import { TidemarkClient } from 'tidemark';

const client = await TidemarkClient.connect({
  databaseUrl: 'postgres://tidemark:secret@db.example:5432/tidemark',
  temporal: { connectionOptions: { address: 'temporal.example:7233' } },
  taskQueue: 'tidemark',
});
const trigger = await client.resync('acme-github', { origin: 'sdk' });
const run = await client.followTrigger(trigger, { onProgress: ({ outcome }) => console.log(outcome) });
console.log(run.outcome, run.kinds);
await client.close();
