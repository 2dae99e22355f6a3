import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entity } from '../../domain/entity.ts';
import type { RunReport } from '../../domain/run.ts';
import { generated } from '../../examples/github-server/generated.ts';
import { createGitHubServer } from '../../examples/github-server/server.ts';
import { githubConfiguration } from '../support/github-configuration.ts';
import { startTidemark, TIDEMARK, tidemark } from '../support/tidemark.ts';

describe('tidemark dev', () => {
  let folder: string;
  const closing: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark dev '));
  });

  afterEach(async () => {
    for (let next = closing.pop(); next; next = closing.pop()) await next();
    await rm(folder, { recursive: true, force: true });
  });

  const start = (args: readonly string[], env?: NodeJS.ProcessEnv) => {
    const started = startTidemark(folder, args, env);
    closing.push(async () => {
      started.child.kill('SIGTERM');
      await started.ended;
    });
    return started;
  };

  /** Pids of the servers that this folder's processes noted. */
  const servers = (): number[] =>
    ['postgres', 'temporal']
      .map((name) => path.join(folder, '.tidemark', name, 'process.json'))
      .filter((file) => existsSync(file))
      .map((file) => JSON.parse(readFileSync(file, 'utf8')).pid);

  const alive = (pid: number): boolean => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] !== 'Z';
    } catch {
      return false;
    }
  };

  it('--once syncs the demo and ends with 0; again, nothing changes; the other commands find it afterwards', async () => {
    const first = await tidemark(folder, ['dev', '--once']);
    expect(first.stderr + first.stdout).not.toMatch(/error|warn/i);
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/^github-demo: complete \(run github-demo\.1, [\d.]+ s\)$/m);
    expect(first.stdout).toMatch(/^ {2}kind +state +read +created +updated +unchanged +deleted$/m);
    expect(first.stdout).toMatch(/^ {2}organization +complete +3 +3 +0 +0 +0$/m);
    expect(servers().filter(alive)).toEqual([]);

    const second = await tidemark(folder, ['dev', '--once', '--json']);
    expect(second.code).toBe(0);
    const [run] = JSON.parse(second.stdout) as RunReport[];
    expect(run?.outcome).toBe('complete');
    for (const kind of run?.kinds ?? []) expect(kind).toMatchObject({ created: 0, updated: 0, deleted: 0 });

    const answer = async (...args: string[]) => {
      const { code, stdout, stderr } = await tidemark(folder, [...args, '--json']);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout);
    };
    const entities: Entity[] = await answer('entities');
    const pull = entities.find((entity) => entity.blueprint === 'githubPullRequest');
    expect(pull?.relations).toEqual({ repository: 'octo-org/octo-repo' });
    const repository = entities.find((entity) => entity.identifier === pull?.relations.repository);
    expect(repository?.relations).toEqual({ organization: 'octo-org' });

    const [status] = await answer('status');
    expect(status).toMatchObject({ integration: 'github-demo', configOrigin: 'file', quarantined: 0 });
    expect(status.lastComplete.run).toBe('github-demo.2');
    const runs = await tidemark(folder, ['runs', 'github-demo', '--limit', '1']);
    expect(runs.stdout).toMatch(/^github-demo: complete \(run github-demo\.2/);
    const unknown = await tidemark(folder, ['runs', 'nobody']);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('configured are: github-demo') });
  }, 120_000);

  it('stays up until SIGTERM; triggers reach it; a second start in the folder is refused; it leaves nothing behind', async () => {
    const dev = start(['dev']);
    await dev.says('Running until Ctrl-C.');
    const running = servers();
    expect(running.filter(alive)).toHaveLength(2);

    const url = dev.output().match(/HTTP API: +(http:\/\/127\.0\.0\.1:\d+), described at/)?.[1];
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    const token = readFileSync(path.join(folder, '.tidemark', 'token'), 'utf8').trim();
    expect(dev.output()).toContain(token);
    const patched = await fetch(`${url}/v1/integration/github-demo?wait=true`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{"config": {"concurrency": 2}}',
    });
    expect(await patched.json()).toMatchObject({ run: 'github-demo.2', outcome: 'complete', configVersion: 2 });

    const resync = await tidemark(folder, ['resync', 'github-demo', '--wait']);
    expect(resync.code).toBe(0);
    expect(resync.stdout).toMatch(/^github-demo: complete \(run github-demo\.3/m);

    await dev.says('Data sources:  http://127.0.0.1:');
    const second = await tidemark(folder, ['dev']);
    expect(second.code).toBe(2);
    expect(second.stderr).toContain(`runs already on ${folder}`);

    dev.child.kill('SIGTERM');
    expect((await dev.ended).code).toBe(0);
    expect(running.filter(alive)).toEqual([]);
  }, 120_000);

  it('on a terminal it shows a live table, and Ctrl-C stops it cleanly', async () => {
    // `script` lends it a terminal; the line discipline turns the byte into SIGINT for all that run there.
    const command = `stty cols 120 rows 40; exec ${process.execPath} ${TIDEMARK} dev`;
    const child = spawn('script', ['-qefc', command, '/dev/null'], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
    closing.push(async () => child.kill('SIGKILL'));
    let screen = '';
    const closed = once(child, 'close');
    await new Promise<void>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        screen += text;
        if (screen.includes('Running until Ctrl-C.')) resolve();
      });
    });
    const running = servers();
    expect(running.filter(alive)).toHaveLength(2);
    // Cursor movements: the table was drawn over itself.
    expect(screen).toContain('\u001b[');
    expect(screen).toMatch(/github-demo: complete \(run github-demo\.1/);
    child.stdin.write('\u0003');
    const [code] = await closed;
    expect(screen).toContain('Stopping …');
    expect(code).toBe(0);
    expect(running.filter(alive)).toEqual([]);
  }, 120_000);

  it('kill -9 leaves nothing that blocks the next start, and the catalog is still there', async () => {
    const dev = start(['dev']);
    await dev.says('Running until Ctrl-C.');
    const orphans = servers();
    dev.child.kill('SIGKILL');
    await dev.ended;
    expect(orphans.filter(alive)).toHaveLength(2);
    const next = await tidemark(folder, ['dev', '--once']);
    expect(next.code).toBe(0);
    expect(next.stdout).toMatch(/^ {2}organization +complete +3 +0 +0 +3 +0$/m);
    expect(orphans.filter(alive)).toEqual([]);
  }, 120_000);

  it('an incomplete run ends --once with 3 and says which kind failed, and why', async () => {
    const source = generated({ organizations: 1, repositories: 120, pullRequests: 0, repositoriesWithPulls: 0 });
    const server = await createGitHubServer({
      store: source.store,
      intercept: ({ page }) => (page === 2 ? { fault: 'answer', status: 403, body: { message: 'no' } } : undefined),
    });
    closing.push(() => server.close());
    const { organizations } = source;
    const resources = { 'pull-request': null };
    const text = githubConfiguration({ integration: 'acme', baseUrl: server.url, organizations, resources });
    await writeFile(path.join(folder, 'acme.yaml'), text);
    const once = await tidemark(folder, ['dev', '--once', '--config', 'acme.yaml']);
    expect(once.code).toBe(3);
    expect(once.stdout).toMatch(/^acme: incomplete/m);
    expect(once.stdout).toMatch(/^ {2}repository +failed +100 +100/m);
    expect(once.stdout).toMatch(/repository: GET .*page=2 answered 403/);
  }, 120_000);
});
