import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { UnavailableError } from '../../domain/errors.ts';
import { freePorts } from '../../workers/servers/ports.ts';
import { identityOf, isRunning, type ProcessIdentity } from '../../workers/servers/process-identity.ts';
import { temporalBinary } from '../../workers/servers/temporal-binary.ts';
import {
  startTemporalServer,
  type TemporalServer,
  type TemporalServerOptions,
} from '../../workers/servers/temporal-server.ts';
import { startTypeScript } from '../support/environment/script.ts';
import { closedFolder, valueIn } from './folders.ts';

const { env } = process;
let binary: string;

beforeAll(async () => {
  binary = await temporalBinary({ env, log: console.log });
});

async function start(options: Partial<TemporalServerOptions> & { directory: string }): Promise<TemporalServer> {
  const server = await startTemporalServer({ binary, env, log: () => {}, ...options });
  onTestFinished(() => server.stop());
  return server;
}

async function connect(address: string): Promise<Client> {
  const connection = await Connection.connect({ address });
  onTestFinished(() => connection.close());
  return new Client({ connection });
}

describe('the Temporal dev server', () => {
  test('killed by SIGKILL and started again on its file, it still has its workflows', async () => {
    const directory = path.join(closedFolder(), 'temporal');
    const first = await start({ directory });
    await (await connect(first.address)).workflow.start('w', { taskQueue: 'q', workflowId: 'kept' });
    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toBe('signal SIGKILL');

    const second = await start({ directory });
    const { status } = await (await connect(second.address)).workflow.getHandle('kept').describe();
    expect(status.name).toBe('RUNNING');
  });

  test('is stopped in order: it is gone, and its exit is no crash', async () => {
    const server = await start({ directory: closedFolder() });
    await server.stop();
    expect(identityOf(server.pid)).toBeUndefined();
    expect(await server.exited).toBe('exit code 0');
  });

  test('serves its Web UI, and takes other ports where the preferred ones are taken', async () => {
    const [port, uiPort] = await freePorts([undefined, undefined]);
    const first = await start({ directory: closedFolder(), inMemory: true, port, uiPort });
    const second = await start({ directory: closedFolder(), inMemory: true, port, uiPort });
    expect(first).toMatchObject({ address: `127.0.0.1:${port}`, uiUrl: `http://127.0.0.1:${uiPort}` });
    expect(second.address).not.toBe(first.address);
    expect((await fetch(second.uiUrl)).ok).toBe(true);
    // Two servers, not one under two addresses.
    await (await connect(first.address)).workflow.start('w', { taskQueue: 'q', workflowId: 'here' });
    await expect((await connect(second.address)).workflow.getHandle('here').describe()).rejects.toThrow(/not found/);
  });

  test('a SIGKILLed starter leaves it running; the next start stops it and goes on from its file', async () => {
    const directory = closedFolder();
    const starter = startTypeScript(new URL('./fixtures/start-temporal.ts', import.meta.url), directory);
    onTestFinished(() => void starter.process.kill('SIGKILL'));
    const line = await starter.line(/^pid=/);
    const left = identityOf(Number(valueIn(line, 'pid'))) as ProcessIdentity;
    await (await connect(valueIn(line, 'address'))).workflow.start('w', { taskQueue: 'q', workflowId: 'kept' });
    starter.process.kill('SIGKILL');
    await starter.ended;
    expect(isRunning(left)).toBe(true);

    const lines: string[] = [];
    const next = await start({ directory, log: (text) => lines.push(text) });
    expect(isRunning(left)).toBe(false);
    expect(lines.join('\n')).toContain(`Stopping the Temporal server (pid ${left.pid}), left running`);
    const { status } = await (await connect(next.address)).workflow.getHandle('kept').describe();
    expect(status.name).toBe('RUNNING');
  });

  test('settings for clients in the environment do not reach it', async () => {
    const astray = { ...env, TEMPORAL_ADDRESS: 'nowhere.invalid:1', TEMPORAL_TLS: 'true', TEMPORAL_LOG_LEVEL: 'never' };
    const server = await start({ directory: closedFolder(), inMemory: true, env: astray });
    expect(await (await connect(server.address)).workflow.count()).toMatchObject({ count: 0 });
  });

  test('a server that ends while it starts is reported with the end of its log', async () => {
    const directory = closedFolder();
    const broken = path.join(directory, 'temporal');
    writeFileSync(broken, '#!/bin/sh\necho "the file is not a database" >&2\nexit 3\n', { mode: 0o755 });
    const refusal = start({ directory, binary: broken });
    await expect(refusal).rejects.toThrow(UnavailableError);
    await expect(refusal).rejects.toThrow(/ended while it started \(exit code 3\)[\s\S]*the file is not a database/);
  });

  test('a program that does not exist is named', async () => {
    const missing = path.join(closedFolder(), 'no-such-program');
    await expect(start({ directory: closedFolder(), binary: missing })).rejects.toThrow(missing);
  });
});
