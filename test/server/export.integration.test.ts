import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExportLine } from '../../domain/export.ts';
import { GitHubStore } from '../../examples/github-server/store.ts';
import type { RunningServer } from '../../server/listen.ts';
import { exportLineSchema } from '../../server/schemas/export.ts';
import { Rig, TOKEN, until } from '../support/rig.ts';
import { type Ended, startTidemark, tidemark } from '../support/tidemark.ts';
import { type Api, api } from './support.ts';

describe('exports over HTTP and on the command line', () => {
  let rig: Rig;
  let server: RunningServer;
  let call: Api;
  let folder: string;
  /** Lines that the server has taken from the catalog, and whether it has let go of it. */
  let taken = 0;
  let letGo = false;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-export-'));
    rig = await Rig.start({ store: new GitHubStore(), organizations: ['nobody'], worker: false });
    const counted: typeof rig.client.export = async function* (options) {
      try {
        for await (const line of rig.client.export(options)) {
          taken += 1;
          yield line;
        }
      } finally {
        letGo = true;
      }
    };
    const client = new Proxy(rig.client, {
      get: (target, name) => {
        if (name === 'export') return counted;
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    server = await rig.startServer({ client });
    call = api(server);
  });
  beforeEach(async () => {
    taken = 0;
    letGo = false;
    await rig.db.query('truncate tidemark.entity, tidemark.entity_tombstone');
  });
  afterAll(async () => {
    await rig?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const fill = (count: number) =>
    rig.db.query(
      `insert into tidemark.entity (destination, blueprint, identifier, fields)
       select 'catalog', 'repo', to_char(n, 'fm000000'), jsonb_build_object('title', n::text) from generate_series(1, $1) n`,
      [count],
    );

  const linesOf = (text: string): ExportLine[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => exportLineSchema.parse(JSON.parse(line)));

  it('8.2 S2.4 GET /v1/export answers one JSON document a line; the last says what to ask for next', async () => {
    await fill(2);
    await rig.db.query(`delete from tidemark.entity where identifier = '000002'`);
    const { status, headers, body } = await call.raw('GET', '/v1/export?deleted=true');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    const lines = linesOf(body);
    expect(lines.map(({ type }) => type)).toEqual(['entity', 'tombstone', 'end']);
    expect(lines[0]).toMatchObject({ blueprint: 'repo', identifier: '000001', title: '1', components: [] });
    const { msince } = lines[2] as Extract<ExportLine, { type: 'end' }>;
    expect(linesOf((await call.raw('GET', `/v1/export?msince=${msince}`)).body)).toHaveLength(2);
    expect(linesOf((await call.raw('GET', '/v1/export?msince=2099-01-01T00:00:00Z')).body)).toHaveLength(1);
    expect(linesOf((await call.raw('GET', '/v1/export?blueprint=team')).body)).toHaveLength(1);
  });

  it.each([
    ['msince=yesterday', 400, 'YYYY-MM-DDThh:mm:ssZ'],
    ['msince=2026-01-31', 400, 'YYYY-MM-DDThh:mm:ssZ'],
    ['msince=', 400, 'YYYY-MM-DDThh:mm:ssZ'],
    ['cursor=abc', 400, 'send it as it came'],
    ['msince=2020-01-01T00:00:00Z&deleted=true', 410, 'read in full'],
    ['deleted=perhaps', 422, 'see errors'],
    ['since=2026-01-31T12:00:00Z', 422, 'see errors'],
  ])('8.1 8.4 S2.3 ?%s is answered %i with what would be right', async (query, status, text) => {
    const answer = await call('GET', `/v1/export?${query}`);
    expect(answer).toMatchObject({ status, body: { detail: expect.stringContaining(text) } });
  });

  it('8.5 goes on after a cursor', async () => {
    await fill(500);
    const lines = linesOf((await call.raw('GET', '/v1/export')).body);
    const at = lines.findIndex(({ type }) => type === 'cursor');
    const { cursor } = lines[at] as Extract<ExportLine, { type: 'cursor' }>;
    expect(linesOf((await call.raw('GET', `/v1/export?cursor=${cursor}`)).body)).toEqual(lines.slice(at + 1));
  });

  it('8.5 a client that reads slowly is waited for, and one that hangs up ends the reading', async () => {
    await fill(100_000);
    const hangUp = new AbortController();
    const { body } = await fetch(`${server.url}/v1/export`, {
      headers: { authorization: `Bearer ${TOKEN}` },
      signal: hangUp.signal,
    });
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    hangUp.abort();
    await until(() => letGo);
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(90_000);
  });

  const run = (...args: string[]): Promise<Ended> => tidemark(folder, args, { DATABASE_URL: rig.databaseUrl });

  it('8.1 8.2 S2.3 tidemark export writes JSON lines, and says how a time is written', async () => {
    await fill(450);
    const all = await run('export');
    expect(all).toMatchObject({ code: 0, stderr: '' });
    const lines = linesOf(all.stdout);
    expect(lines).toHaveLength(451);
    expect(lines.at(-1)?.type).toBe('end');
    await rig.db.query(`delete from tidemark.entity where identifier > '000001'`);
    const gone = await run('export', '--blueprint', 'repo', '--msince', '2099-01-01T00:00:00Z', '--deleted');
    expect(linesOf(gone.stdout).map(({ type }) => type)).toEqual(['end']);
    const wrong = await run('export', '--msince', 'yesterday');
    expect(wrong).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('YYYY-MM-DDThh:mm:ssZ') });
  });

  it('8.5 tidemark export ends quietly when its reader has had enough', async () => {
    await fill(50_000);
    const { child, ended } = startTidemark(folder, ['export'], { DATABASE_URL: rig.databaseUrl });
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });
});
