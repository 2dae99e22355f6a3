import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { githubConfiguration } from '../support/github-configuration.ts';
import { tidemark } from '../support/tidemark.ts';

describe('the command line', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-cli-'));
    const text = githubConfiguration({ integration: 'acme', baseUrl: 'http://127.0.0.1:9', organizations: ['o'] });
    await writeFile(path.join(folder, 'good.yaml'), text);
    await writeFile(
      path.join(folder, 'bad.yaml'),
      text.replaceAll('"repository"', '"repositry"').replace('"github"', '"gitlab"'),
    );
    await writeFile(path.join(folder, 'record.json'), JSON.stringify({ login: 'o', url: 'u' }));
    await writeFile(path.join(folder, 'broken.json'), '{');
    await writeFile(path.join(folder, 'nameless.json'), '{}');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('validate: 0 for a configuration that holds, and what it configures', async () => {
    const { code, stdout } = await tidemark(folder, ['validate', '--config', 'good.yaml', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      { integration: 'acme', resources: ['organization', 'repository', 'pull-request'] },
    ]);
  });

  it('validate: 2 and every mistake, with its place, for one that does not', async () => {
    const { code, stdout, stderr } = await tidemark(folder, ['validate', '--config', 'bad.yaml']);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/bad\.yaml:1:\d+ .*gitlab/);
  });

  it('validate --sample: the entity that a raw record maps to', async () => {
    const args = ['validate', '--config', 'good.yaml', '--sample', 'record.json', '--kind', 'organization'];
    const { code, stdout } = await tidemark(folder, args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        integration: 'acme',
        entities: [{ blueprint: 'organization', identifier: 'o', title: 'o', properties: { url: 'u' } }],
      },
    ]);
  });

  it.each([
    ['a sample that is not JSON', ['--sample', 'broken.json', '--kind', 'organization'], 2, /broken\.json is not JSON/],
    ['a sample without its kind', ['--sample', 'record.json'], 2, /--kind/],
    [
      'a kind that is not configured',
      ['--sample', 'record.json', '--kind', 'branch'],
      2,
      /no integration .* kind branch/,
    ],
    ['a record without identity', ['--sample', 'nameless.json', '--kind', 'organization'], 1, /^$/],
  ])('validate --sample, %s: exit %s', async (_, args, code, message) => {
    const ended = await tidemark(folder, ['validate', '--config', 'good.yaml', ...args]);
    expect(ended.code).toBe(code);
    expect(ended.stderr.trim()).toMatch(message);
  });

  it.each([
    ['an unknown command', ['resink'], /unknown command 'resink'/],
    ['an unknown option', ['status', '--fast'], /unknown option '--fast'/],
    ['a missing argument', ['resync'], /missing required argument 'id'/],
    ['a limit that is no number', ['runs', 'acme', '--limit', 'all'], /a whole number of at least 1 is needed/],
    ['a configuration that is not there', ['validate', '--config', 'none.yaml'], /none\.yaml/],
    ['a worker without a database', ['worker'], /DATABASE_URL is not set/],
  ])('%s: exit 2 and a word on what is wrong', async (_, args, message) => {
    const { code, stderr } = await tidemark(folder, args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it('resync where nothing runs: exit 1, and how to start something', async () => {
    const { code, stderr } = await tidemark(folder, ['resync', 'acme']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/npm start.*DATABASE_URL and TEMPORAL_ADDRESS/);
  });
});
