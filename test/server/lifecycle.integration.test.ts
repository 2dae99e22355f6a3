import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { generated } from '../../examples/github-server/generated.ts';
import { keptToken } from '../../server/token.ts';
import { Rig, TOKEN, until } from '../support/rig.ts';
import { startTidemark, tidemark } from '../support/tidemark.ts';
import { api } from './support.ts';

const run = promisify(execFile);

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (let next = closing.pop(); next; next = closing.pop()) await next();
});

async function start(options: { worker?: boolean; repositories?: number } = {}): Promise<Rig> {
  const { worker = true, repositories = 2 } = options;
  const source = generated({ organizations: 1, repositories, pullRequests: 0, repositoriesWithPulls: 0 });
  const { store, organizations } = source;
  const rig = await Rig.start({ store, organizations, resources: { 'pull-request': null }, worker });
  closing.push(() => rig.close());
  return rig;
}

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'tidemark-server-'));
  closing.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** A port of this machine that something else listens on. */
async function takenPort(): Promise<number> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => other.close(resolve)));
  return (other.address() as { port: number }).port;
}

describe('a server that stops', () => {
  it('answers who waits for a run at once, lets requests end, and takes no more', async () => {
    const rig = await start({ repositories: 300 });
    rig.intercept = ({ page }) => (page === 2 ? { fault: 'hang' } : undefined);
    const server = await rig.startServer();
    const waiting = api(server)('POST', `/v1/integration/${rig.integration}/resync?wait=true`, {});
    await until(() => rig.server.requests.some(({ page }) => page === 2));
    await server.stop();
    const { status, body } = await waiting;
    expect({ status, body }).toEqual({ status: 202, body: { trigger: expect.any(String) } });
    await expect(api(server)('GET', '/health/live')).rejects.toThrow('fetch failed');
    rig.intercept = undefined;
    const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
    expect((await rig.client.followTrigger(trigger)).outcome).toBe('complete');
  });
});

describe("the seed's commands, as they stand there but for the host", () => {
  /** The lines of the seed with this server, token and integration in them. */
  const filled = (text: string, rig: Rig, url: string): string =>
    text
      .replaceAll('https://api.getport.io', url)
      .replaceAll('YOUR_JWT_TOKEN_HERE', TOKEN)
      .replaceAll('YOUR_INTEGRATION_IDENTIFIER_HERE', rig.integration);

  const CURL = `curl -X PATCH \\
-H "Authorization: Bearer YOUR_JWT_TOKEN_HERE" \\
-H "Content-Type: application/json" \\
-d '{}' \\
https://api.getport.io/v1/integration/YOUR_INTEGRATION_IDENTIFIER_HERE`;

  it('S1.16 cURL triggers a resync; with a wrong token 401, for an unknown identifier 404', async () => {
    const rig = await start();
    const { url } = await rig.startServer();
    const command = filled(CURL, rig, url);
    const { stdout } = await run('sh', ['-c', command]);
    const { trigger } = JSON.parse(stdout);
    expect(await rig.client.followTrigger(trigger)).toMatchObject({ outcome: 'complete', triggers: [trigger] });
    const statusOf = async (text: string): Promise<unknown> =>
      JSON.parse((await run('sh', ['-c', text])).stdout).status;
    expect(await statusOf(command.replace(TOKEN, 'wrong'))).toBe(401);
    expect(await statusOf(command.replace(rig.integration, 'unknown'))).toBe(404);
  });

  const PYTHON = `import requests
integration_identifier = "YOUR_INTEGRATION_IDENTIFIER_HERE"
jwt_token = "YOUR_JWT_TOKEN_HERE"
url = f"https://api.getport.io/v1/integration/{integration_identifier}"
headers = {
"Authorization": f"Bearer {jwt_token}",
"Content-Type": "application/json"
}
response = requests.patch(url, headers=headers, json={})
`;

  it('S1.17 Python triggers a resync', async (context) => {
    const hasRequests = await run('python3', ['-c', 'import requests']).catch(() => null);
    if (hasRequests === null) context.skip('no python3 with the package `requests` here');
    const rig = await start();
    const { url } = await rig.startServer();
    const script = `${filled(PYTHON, rig, url)}print(response.status_code, response.json()["trigger"])\n`;
    const env = { ...process.env, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' };
    const { stdout } = await run('python3', ['-c', script], { env });
    const [status, trigger] = stdout.trim().split(' ');
    expect(status).toBe('202');
    expect(await rig.client.followTrigger(String(trigger))).toMatchObject({ outcome: 'complete' });
  });
});

describe('tidemark server', () => {
  const environment = (rig: Rig, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    DATABASE_URL: rig.databaseUrl,
    TEMPORAL_ADDRESS: rig.temporalAddress,
    TIDEMARK_TASK_QUEUE: rig.taskQueue,
    TIDEMARK_PORT: '0',
    ...more,
  });

  /** Starts it and waits for its address. */
  async function serve(cwd: string, env: NodeJS.ProcessEnv) {
    const started = startTidemark(cwd, ['server'], env);
    closing.push(async () => {
      started.child.kill('SIGTERM');
      await started.ended;
    });
    await started.says('described at');
    return { ...started, url: /the HTTP API is at (http:\S+?),/.exec(started.output())?.[1] ?? '' };
  }

  it('makes a token at the first start, shows it once, keeps it for this user only, and stops on SIGTERM', async () => {
    const rig = await start();
    const cwd = await folder();
    const first = await serve(cwd, environment(rig));
    const file = path.join(cwd, '.tidemark', 'token');
    const token = (await readFile(file, 'utf8')).trim();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await readdir(path.dirname(file))).toEqual(['token']);
    expect(first.output()).toMatch(new RegExp(`shown this once \\(kept in .*\\): ${token}\n`));
    const call = api(first);
    const answer = await call.raw('PATCH', `/v1/integration/${rig.integration}`, '{}', {
      authorization: `Bearer ${token}`,
    });
    expect(answer.status).toBe(202);
    expect((await rig.client.followTrigger(answer.body.trigger)).outcome).toBe('complete');
    first.child.kill('SIGTERM');
    const { code, stderr } = await first.ended;
    expect(code).toBe(0);
    const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
    expect(lines.map((line) => JSON.parse(line)).filter(({ method }) => method === 'PATCH')).toMatchObject([
      { status: 202, requestId: answer.headers.get('x-request-id'), path: `/v1/integration/${rig.integration}` },
    ]);

    const second = await serve(cwd, environment(rig));
    expect(second.output()).not.toContain(token);
    expect(
      (await api(second).raw('GET', '/v1/integration', undefined, { authorization: `Bearer ${token}` })).status,
    ).toBe(200);
  }, 120_000);

  it('imports the configuration and takes its token, port and limits from it', async () => {
    const rig = await start({ worker: false });
    const cwd = await folder();
    const configuration = JSON.parse(rig.configurationText());
    configuration.server = { port: 0, token: `\${env:MY_TOKEN}`, maxBody: '1KB' };
    configuration.integrations[rig.integration].concurrency = 7;
    await writeFile(path.join(cwd, 'tidemark.yaml'), JSON.stringify(configuration));
    const env = environment(rig, { MY_TOKEN: TOKEN });
    const server = await serve(cwd, env);
    expect(existsSync(path.join(cwd, '.tidemark'))).toBe(false);
    const call = api(server);
    const { body } = await call('GET', `/v1/integration/${rig.integration}`);
    expect(body).toMatchObject({ configOrigin: 'file', config: { concurrency: 7 } });
    expect((await call.raw('PATCH', `/v1/integration/${rig.integration}`, ' '.repeat(1025))).status).toBe(413);
    expect(server.output()).not.toContain(TOKEN);
  }, 120_000);

  it('says what is wrong: a port that is taken, an address that is none, settings that are missing or wrong', async () => {
    const rig = await start({ worker: false });
    const cwd = await folder();
    const port = await takenPort();
    const on = (env: NodeJS.ProcessEnv) =>
      tidemark(cwd, ['server'], environment(rig, { TIDEMARK_TOKEN: TOKEN, ...env }));
    expect(await on({ TIDEMARK_PORT: String(port) })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`port ${port} of 127.0.0.1 is taken by another program; set TIDEMARK_PORT`),
    });
    expect(await on({ TIDEMARK_HOST: '203.0.113.1' })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/port 0 of 203\.0\.113\.1 cannot be listened on \(EADDRNOTAVAIL\)/),
    });
    expect(await on({ TIDEMARK_PORT: 'eighty' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('server.port: must be a number, not what TIDEMARK_PORT holds'),
    });
    expect(await on({ DATABASE_URL: '' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('DATABASE_URL is not set'),
    });
  }, 120_000);
});

describe('a token that is made', () => {
  it('is one and the same for processes that start at once', async () => {
    const directory = await folder();
    const kept = await Promise.all(Array.from({ length: 8 }, () => keptToken(directory)));
    expect(new Set(kept.map(({ token }) => token)).size).toBe(1);
    expect(kept.filter(({ isNew }) => isNew)).toHaveLength(1);
  });

  it('that was emptied is not taken for one', async () => {
    const directory = await folder();
    await writeFile(path.join(directory, 'token'), '\n');
    await expect(keptToken(directory)).rejects.toThrow(/is empty; remove it/);
  });

  it('that cannot be kept is an error that names the way out', async () => {
    const directory = await folder();
    await writeFile(path.join(directory, 'file'), '');
    await expect(keptToken(path.join(directory, 'file'))).rejects.toThrow(/set TIDEMARK_TOKEN instead/);
  });
});
