import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { identityOf, isRunning, type ProcessIdentity, parseIdentity } from '../../workers/servers/process-identity.ts';
import { temporalBinary } from '../../workers/servers/temporal-binary.ts';
import { createTestDatabase } from '../support/environment/database.ts';
import type { Script } from '../support/environment/script.ts';
import { addFile, installedCheckout, runIn } from './checkout.ts';

const WAITING = `
  import { writeFileSync } from 'node:fs';
  import { inject, test } from 'vitest';
  import { createTestDatabase } from './support/environment/database.ts';
  test('waits', async () => {
    const { url } = await createTestDatabase();
    writeFileSync('waiting', [url, inject('temporalAddress'), process.pid].join(' '));
    await new Promise(() => {});
  });`;
const QUICK = `import { test } from 'vitest'; test('ends', () => {});`;

/** A checkout with three test files of its own. */
async function checkout() {
  const root = installedCheckout('workers', 'domain', 'test/support');
  addFile(root, 'test/waiting.integration.test.ts', WAITING);
  addFile(root, 'test/quick.integration.test.ts', QUICK);
  addFile(root, 'test/quick.unit.test.ts', QUICK);
  // The servers that the user has set are not to be touched; these two do not even exist.
  const users = { DATABASE_URL: 'postgres://127.0.0.1:1/users', TEMPORAL_ADDRESS: '127.0.0.1:1' };
  await temporalBinary({ env: process.env, log: () => {} });
  const run = (...args: string[]): Script => runIn(root, [process.execPath, 'scripts/test.mjs', ...args], users);
  return { root, run, left: () => recordsBelow(path.join(root, 'tmp')) };
}

/** The servers that are written down below a folder. */
function recordsBelow(folder: string): ProcessIdentity[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => path.basename(file) === 'process.json')
    .map((file) => parseIdentity(JSON.parse(readFileSync(path.join(folder, file), 'utf8'))))
    .filter((identity) => identity !== undefined);
}

const untilWaiting = (root: string): Promise<void> =>
  vi.waitFor(() => expect(existsSync(path.join(root, 'waiting'))).toBe(true), { timeout: 40_000, interval: 100 });

/** The process in which the waiting test ran. */
const worker = (root: string): number => Number(readFileSync(path.join(root, 'waiting'), 'utf8').split(' ').at(-1));

describe('the servers of a test run', () => {
  test('are its own, whatever servers the user has set, and are gone when it is interrupted', async () => {
    const { root, run, left } = await checkout();
    const script = run('waiting');
    await untilWaiting(root);
    expect(readFileSync(path.join(root, 'waiting'), 'utf8')).not.toContain('127.0.0.1:1 ');
    const servers = left();
    expect(servers.map(isRunning)).toEqual([true, true]);

    script.process.kill('SIGINT');
    expect(await script.ended).toBe(130);
    expect(servers.map(isRunning)).toEqual([false, false]);
    expect(left()).toEqual([]);
    await vi.waitFor(() => expect(identityOf(worker(root))).toBeUndefined(), { timeout: 10_000 });
  });

  test('are ended and removed by the next run where one was killed', async () => {
    const { root, run, left } = await checkout();
    const killed = run('waiting');
    await untilWaiting(root);
    const servers = left();
    killed.process.kill('SIGKILL');
    await killed.ended;
    expect(servers.map(isRunning)).toEqual([true, true]);
    await vi.waitFor(() => expect(identityOf(worker(root))).toBeUndefined(), { timeout: 10_000 });
    onTestFinished(() => {
      for (const { pid } of servers.filter(isRunning)) process.kill(pid, 'SIGKILL');
    });

    const next = run('quick.integration');
    expect(await next.ended).toBe(0);
    expect(next.output()).toContain('left by a test run that was killed');
    expect(servers.map(isRunning)).toEqual([false, false]);
    expect(left()).toEqual([]);
  });

  test('are not started for unit tests', async () => {
    const { run } = await checkout();
    const script = run('quick.unit');
    expect(await script.ended).toBe(0);
    expect(script.lastLine()).toBe('1 passed, 0 failed');
    expect(script.output()).not.toContain('Starting');
  });
});

describe('a test database', () => {
  test('is empty, is not shared, and can be dropped while it is in use', async () => {
    const [one, two] = [await createTestDatabase(), await createTestDatabase()];
    const client = new pg.Client({ connectionString: one.url });
    // The server ends this connection when the database goes.
    client.on('error', () => {});
    await client.connect();
    await client.query('create table t ()');
    const tables = `select count(*)::int as n from pg_tables where tablename = 't'`;
    const other = new pg.Client({ connectionString: two.url });
    await other.connect();
    expect((await other.query(tables)).rows).toEqual([{ n: 0 }]);
    await other.end();
    await one.drop();
    await two.drop();
    const again = new pg.Client({ connectionString: one.url });
    await expect(again.connect()).rejects.toThrow(/does not exist/);
    expect(one.url).not.toBe(two.url);
    expect(new URL(one.url).host).toBe(new URL(inject('databaseServerUrl')).host);
  });
});
