import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../config/problem.ts';
import { readConfiguration } from '../../config/read.ts';
import { acme, contextOf } from './support.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tidemark-config-'));
});

afterAll(() => rm(directory, { recursive: true }));

async function fileOf(content: string | Uint8Array): Promise<string> {
  const file = path.join(directory, 'tidemark.yaml');
  await writeFile(file, content);
  return file;
}

async function refusalOf(file: string): Promise<string> {
  const error = await readConfiguration(file, contextOf()).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigurationError);
  return (error as ConfigurationError).message;
}

describe('a configuration file', () => {
  it('is read and named', async () => {
    const file = await fileOf(`\uFEFF${acme()}`);
    const configuration = await readConfiguration(file, contextOf());
    expect(configuration.file).toBe(file);
    expect(configuration.integrations.map(({ id }) => id)).toEqual(['acme']);
  });

  it('that is wrong is named in every line', async () => {
    const file = await fileOf('\uFEFFa: 1\nb: 2\n');
    expect((await refusalOf(file)).split('\n')).toEqual([
      `${file}:1:1  integrations: is missing; it must be a map`,
      `${file}:1:1  a: unknown key "a"; one of: server, tombstones, blueprints, integrations`,
      `${file}:2:1  b: unknown key "b"; one of: server, tombstones, blueprints, integrations`,
    ]);
  });

  it('that is not there says so', async () => {
    const file = path.join(directory, 'nowhere.yaml');
    expect(await refusalOf(file)).toBe(`${file}  there is no such file; name your configuration with --config`);
  });

  it('that is a directory says so', async () => {
    expect(await refusalOf(directory)).toBe(`${directory}  is a directory; name the file in it with --config`);
  });

  it('that is larger than 5 MB is not read to its end', async () => {
    expect(await refusalOf(await fileOf('#'.repeat(5 * 1024 * 1024 + 1)))).toContain('is larger than 5 MB');
    expect(await refusalOf('/dev/zero')).toContain('is larger than 5 MB');
    expect(await refusalOf(await fileOf(`${'#'.repeat(5 * 1024 * 1024)}`))).toContain('the file is empty');
  });

  it('in another encoding says so', async () => {
    expect(await refusalOf(await fileOf(Buffer.from(`\uFEFF${acme()}`, 'utf16le')))).toContain(
      'is not UTF-8 text; save it as UTF-8',
    );
  });
});
