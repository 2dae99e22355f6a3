import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UsageError } from '../../domain/errors.ts';
import { readDevEnvironment, writeDevEnvironment } from '../../workers/servers/dev-environment.ts';
import { takeDevLock } from '../../workers/servers/dev-lock.ts';
import { takeLock } from '../../workers/servers/process-lock.ts';
import { type Script, startTypeScript } from '../support/environment/script.ts';
import { closedFolder } from './folders.ts';

const ADDRESSES = {
  databaseUrl: 'postgres://u:secret@127.0.0.1:5/postgres',
  temporalAddress: '127.0.0.1:7',
  temporalUiUrl: 'http://127.0.0.1:8',
  taskQueue: 'q',
};

async function holdElsewhere(directory: string): Promise<Script> {
  const holder = startTypeScript(new URL('./fixtures/take-dev-lock.ts', import.meta.url), directory);
  onTestFinished(() => void holder.process.kill('SIGKILL'));
  await holder.line(/^locked$/);
  return holder;
}

describe('tidemark dev on one folder', () => {
  test('a second one is refused, with the pid and the addresses of the first', async () => {
    const directory = closedFolder();
    const holder = await holdElsewhere(directory);
    const refusal = takeDevLock(directory);
    await expect(refusal).rejects.toThrow(UsageError);
    await expect(refusal).rejects.toThrow(
      `pid ${holder.process.pid}, Temporal at 127.0.0.1:7299, Web UI http://127.0.0.1:8299`,
    );
  });

  test('one that still starts is named as that', async () => {
    const directory = closedFolder();
    await takeDevLock(directory);
    await expect(takeDevLock(directory)).rejects.toThrow(`pid ${process.pid}, still starting`);
  });

  test('a killed one is no obstacle, and its addresses are not handed out any more', async () => {
    const directory = closedFolder();
    const holder = await holdElsewhere(directory);
    expect(readDevEnvironment(directory)?.pid).toBe(holder.process.pid);
    holder.process.kill('SIGKILL');
    await holder.ended;
    expect(readDevEnvironment(directory)).toBeUndefined();
    await takeDevLock(directory);
  });

  test('after a release the next one may begin, and nothing of the first is left', async () => {
    const directory = closedFolder();
    const lock = await takeDevLock(directory);
    writeDevEnvironment(directory, ADDRESSES);
    lock.release();
    expect(readdirSync(directory)).toEqual(['dev.lock']);
    await takeDevLock(directory);
  });

  test('another process that has the pid of a killed one is not taken for it', async () => {
    const directory = closedFolder();
    mkdirSync(path.join(directory, 'dev.lock'));
    const stale = { pid: process.pid, startTime: 'long ago' };
    writeFileSync(path.join(directory, 'dev.lock', 'stale'), JSON.stringify(stale));
    writeFileSync(path.join(directory, 'dev.json'), JSON.stringify({ ...ADDRESSES, ...stale }));
    expect(readDevEnvironment(directory)).toBeUndefined();
    await takeDevLock(directory);
  });

  test('of many that begin at the same moment at most one gets it, and it can be had afterwards', async () => {
    const directory = closedFolder();
    const locks = await Promise.all(Array.from({ length: 12 }, () => takeLock(directory)));
    const held = locks.filter((lock) => lock.held);
    expect(held.length).toBeLessThanOrEqual(1);
    for (const lock of held) lock.release();
    expect((await takeLock(directory)).held).toBe(true);
  });
});

describe('dev.json', () => {
  test('hands out what was written, with this process as its owner, to this user only', () => {
    const directory = closedFolder();
    writeDevEnvironment(directory, ADDRESSES);
    expect(readDevEnvironment(directory)).toMatchObject({ ...ADDRESSES, pid: process.pid });
    expect(statSync(path.join(directory, 'dev.json')).mode & 0o777).toBe(0o600);
  });

  test.each(['', '{', 'null', '{"pid":"1"}'])('cut off or of another make (%j) counts as none', (text) => {
    const directory = closedFolder();
    writeFileSync(path.join(directory, 'dev.json'), text);
    expect(readDevEnvironment(directory)).toBeUndefined();
  });
});
