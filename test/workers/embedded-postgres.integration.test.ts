import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { UnavailableError, UsageError } from '../../domain/errors.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../workers/servers/embedded-postgres.ts';
import { freePorts } from '../../workers/servers/ports.ts';
import { identityOf, isRunning, type ProcessIdentity } from '../../workers/servers/process-identity.ts';
import { type Script, startScript, startTypeScript } from '../support/environment/script.ts';
import { closedFolder, valueIn } from './folders.ts';

const STARTER = new URL('./fixtures/start-postgres.ts', import.meta.url);

async function start(directory: string, lines: string[] = [], port?: number): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ directory, port, log: (line) => lines.push(line) });
  onTestFinished(() => postgres.stop());
  return postgres;
}

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Starts PostgreSQL from another process, which a SIGKILL takes away when the test ends. */
async function startElsewhere(
  directory: string,
  ...then: string[]
): Promise<{ starter: Script; server: ProcessIdentity; url: string }> {
  const starter = startTypeScript(STARTER, directory, ...then);
  onTestFinished(() => void starter.process.kill('SIGKILL'));
  const line = await starter.line(/^pid=/);
  const server = identityOf(Number(valueIn(line, 'pid')));
  if (!server) throw new Error('the server ended already');
  return { starter, server, url: valueIn(line, 'url') };
}

describe('embedded PostgreSQL', () => {
  test('runs below a folder that only the user may enter, keeps its data over a stop, and needs no recovery', async () => {
    const directory = path.join(closedFolder(), 'postgres');
    const first = await start(directory);
    await query(first.url, `create table kept as select 'ÄÖ' as word`);
    await first.stop();
    expect(identityOf(first.pid)).toBeUndefined();
    expect(await first.exited).toBe('exit code 0');

    const second = await start(directory);
    expect(await query(second.url, 'select lower(word) as word from kept')).toEqual([{ word: 'äö' }]);
    expect(readFileSync(path.join(directory, 'postgres.log'), 'utf8')).not.toMatch(/not properly shut down/);
  });

  test('lets in who has the password, on the loopback interface alone; the password is for the user only', async () => {
    const directory = closedFolder();
    const { url, port } = await start(directory);
    const password = readFileSync(path.join(directory, 'password'), 'utf8');
    expect(statSync(path.join(directory, 'password')).mode & 0o777).toBe(0o600);
    expect(decodeURIComponent(new URL(url).password)).toBe(password);
    await expect(query(`postgres://tidemark:wrong@127.0.0.1:${port}/postgres`, 'select 1')).rejects.toThrow(/password/);
    expect(
      await query(
        url,
        `select current_setting('listen_addresses') as a, current_setting('unix_socket_directories') as u`,
      ),
    ).toEqual([{ a: '127.0.0.1', u: '' }]);
  });

  test('takes another port where the preferred one is taken, and the preferred one where it is free', async () => {
    const [port] = await freePorts([undefined]);
    const first = await start(closedFolder(), [], port);
    const second = await start(closedFolder(), [], port);
    expect(first.port).toBe(port);
    expect(second.port).not.toBe(port);
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('a SIGKILLed starter leaves it running; the next start stops it and finds the data intact', async () => {
    const directory = closedFolder();
    const { starter, server, url } = await startElsewhere(directory);
    await query(url, 'create table kept as select generate_series(1, 1000) as n');
    starter.process.kill('SIGKILL');
    await starter.ended;
    expect(isRunning(server)).toBe(true);

    const lines: string[] = [];
    const next = await start(directory, lines);
    expect(isRunning(server)).toBe(false);
    expect(lines.join('\n')).toContain(
      `Stopping PostgreSQL (pid ${server.pid}), left running by a start that was killed`,
    );
    expect(await query(next.url, 'select count(*)::int as n from kept')).toEqual([{ n: 1000 }]);
  });

  test('a leftover that was not written down in time is recognised by its own pid file', async () => {
    const directory = closedFolder();
    const { starter, server } = await startElsewhere(directory);
    starter.process.kill('SIGKILL');
    await starter.ended;
    rmSync(path.join(directory, 'process.json'));

    await start(directory);
    expect(isRunning(server)).toBe(false);
  });

  test('a process that only has the pid of the last server is left alone', async () => {
    const directory = closedFolder();
    await (await start(directory)).stop();
    const stranger = startScript([process.execPath, '-e', 'setInterval(() => {}, 60_000)']);
    onTestFinished(() => void stranger.process.kill('SIGKILL'));
    const identity = identityOf(Number(stranger.process.pid)) as ProcessIdentity;
    writeFileSync(path.join(directory, 'process.json'), JSON.stringify({ ...identity, startTime: 'long ago' }));
    writeFileSync(path.join(directory, 'data', 'postmaster.pid'), `${identity.pid}\n${path.join(directory, 'data')}\n`);

    const postgres = await start(directory).catch((error: Error) => error);
    expect(isRunning(identity)).toBe(true);
    expect(postgres).not.toBeInstanceOf(Error);
  });

  test('a starter that ends by an exception takes the server with it', async () => {
    const { starter, server } = await startElsewhere(closedFolder(), 'throw');
    expect(await starter.ended).toBe(1);
    await vi.waitFor(() => expect(isRunning(server)).toBe(false), { timeout: 10_000 });
  });

  test('a start that is killed while the data folder is made does not stand in the way of the next', async () => {
    const directory = closedFolder();
    const starter = startTypeScript(STARTER, directory);
    const half = (): string | undefined => readdirSync(directory).find((name) => name.startsWith('new-'));
    await vi.waitFor(() => expect(existsSync(path.join(directory, String(half()), 'data', 'base'))).toBe(true), {
      timeout: 20_000,
      interval: 2,
    });
    starter.process.kill('SIGKILL');
    await starter.ended;
    expect(existsSync(path.join(directory, 'data'))).toBe(false);

    const { url } = await start(directory);
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(half()).toBeUndefined();
  });

  test('a data folder of an older major version is refused, with both versions and what to do', async () => {
    const directory = closedFolder();
    mkdirSync(path.join(directory, 'data'));
    writeFileSync(path.join(directory, 'data', 'PG_VERSION'), '15\n');
    const refusal = start(directory);
    await expect(refusal).rejects.toThrow(UsageError);
    await expect(refusal).rejects.toThrow(
      /made by PostgreSQL 15; this Tidemark brings PostgreSQL \d\d\. Move the folder/,
    );
  });

  test('a folder with other files in place of the data is refused, and they stay', async () => {
    const directory = closedFolder();
    mkdirSync(path.join(directory, 'data'));
    writeFileSync(path.join(directory, 'data', 'letter.txt'), 'dear');
    await expect(start(directory)).rejects.toThrow(/holds other files than PostgreSQL's data/);
    expect(readdirSync(path.join(directory, 'data'))).toEqual(['letter.txt']);
  });

  test('data without its password is refused, with the name of the missing file', async () => {
    const directory = closedFolder();
    await (await start(directory)).stop();
    rmSync(path.join(directory, 'password'));
    await expect(start(directory)).rejects.toThrow(`restore ${path.join(directory, 'password')}`);
  });

  test('a server that cannot run says why, with the end of its log', async () => {
    const directory = closedFolder();
    await (await start(directory)).stop();
    rmSync(path.join(directory, 'data', 'global', 'pg_control'));
    const refusal = start(directory);
    await expect(refusal).rejects.toThrow(UnavailableError);
    await expect(refusal).rejects.toThrow(/ended while it started \(exit code \d\)[\s\S]*pg_control/);
  });

  test.runIf(process.getuid?.() === 0)(
    'root without a way to be somebody else is told about DATABASE_URL',
    async () => {
      const programs = closedFolder();
      for (const name of ['unshare', 'id', 'useradd']) {
        writeFileSync(path.join(programs, name), `#!/bin/sh\necho ${name} is not permitted >&2\nexit 1\n`, {
          mode: 0o755,
        });
      }
      vi.stubEnv('PATH', `${programs}:${process.env.PATH}`);
      onTestFinished(() => void vi.unstubAllEnvs());
      const refusal = start(closedFolder());
      await expect(refusal).rejects.toThrow(UnavailableError);
      await expect(refusal).rejects.toThrow(/unshare is not permitted.*useradd is not permitted.*Set DATABASE_URL/);
    },
  );
});
