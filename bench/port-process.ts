import { PortServer } from '../test/support/port/server.ts';

// A server that behaves like Port's API as a process of its own, forked by port.ts. It tells where it listens, says how
// many calls it was asked for whenever it is told to, and ends with its parent.
const relation = (target: string) => ({ target, many: false });

const server = await PortServer.start({
  maxBulk: Number(process.env.PORT_MAX_BULK ?? 20),
  blueprints: [
    { identifier: 'benchOrg' },
    { identifier: 'benchRepo', relations: { organization: relation('benchOrg') } },
    { identifier: 'benchPr', relations: { repository: relation('benchRepo') } },
  ],
});

process.on('message', () => {
  process.send?.({ upserts: server.calls('upsert').length, deletes: server.calls('delete').length });
});
process.on('disconnect', () => process.exit());
// Ctrl-C reaches this process as well, but the worker stops before its destination does.
process.on('SIGINT', () => {});
process.send?.(server.url);
