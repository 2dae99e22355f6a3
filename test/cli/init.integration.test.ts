import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { createTestDatabase } from '../support/environment/database.ts';
import { tidemark } from '../support/tidemark.ts';
import { startWorkerProcess } from '../support/worker-process.ts';

function emptyFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidemark init '));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('tidemark init', () => {
  it('S3.2 S3.3 from an empty folder: what it writes is valid, and its first resync works', async () => {
    const folder = emptyFolder();
    const written = await tidemark(folder, ['init', 'my things', '--json']);
    expect(written.code, written.stderr).toBe(0);
    expect(JSON.parse(written.stdout)).toEqual({ files: ['my things/main.ts', 'my things/tidemark.yaml'] });
    const own = path.join(folder, 'my things');
    expect(readdirSync(own).sort()).toEqual(['main.ts', 'tidemark.yaml']);
    const [comment = ''] = readFileSync(path.join(own, 'tidemark.yaml'), 'utf8').split('\n');
    expect(JSON.parse(readFileSync(path.join(own, comment.split('$schema=')[1] ?? ''), 'utf8'))).toHaveProperty(
      '$schema',
    );
    const checked = await tidemark(own, ['validate']);
    expect(checked).toMatchObject({ code: 0, stdout: 'tidemark.yaml: valid: my-integration (thing)\n' });

    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const where = {
      databaseUrl: database.url,
      temporalAddress: inject('temporalAddress'),
      taskQueue: `init-${process.pid}`,
    };
    const worker = await startWorkerProcess({ ...where, cwd: own });
    onTestFinished(() => worker.kill('SIGKILL'));
    const env = {
      DATABASE_URL: where.databaseUrl,
      TEMPORAL_ADDRESS: where.temporalAddress,
      TIDEMARK_TASK_QUEUE: where.taskQueue,
    };
    const resync = async () => {
      const { code, stdout, stderr } = await tidemark(own, ['resync', 'my-integration', '--wait', '--json'], env);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout);
    };
    expect(await resync()).toMatchObject({ outcome: 'complete', kinds: [{ kind: 'thing', read: 2, created: 2 }] });
    expect(await resync()).toMatchObject({ outcome: 'complete', kinds: [{ kind: 'thing', read: 2, unchanged: 2 }] });
    expect(worker.output()).toContain('Retrieved thing batch of size: 2');
  }, 120_000);

  it.each(['main.ts', 'tidemark.yaml'])('overwrites nothing: with %s there it writes nothing at all', async (name) => {
    const folder = emptyFolder();
    writeFileSync(path.join(folder, name), 'mine');
    const { code, stderr } = await tidemark(folder, ['init']);
    expect(code).toBe(2);
    expect(stderr).toContain(`${name} is there already: name another folder`);
    expect(readdirSync(folder)).toEqual([name]);
    expect(readFileSync(path.join(folder, name), 'utf8')).toBe('mine');
  });

  it('a folder that cannot be made is named', async () => {
    const folder = emptyFolder();
    writeFileSync(path.join(folder, 'file'), '');
    const { code, stderr } = await tidemark(folder, ['init', 'file/below']);
    expect(code).toBe(2);
    expect(stderr).toContain('file/below cannot be made');
  });
});
