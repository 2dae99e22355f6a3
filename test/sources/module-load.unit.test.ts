import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readConfiguration } from '../../config/read.ts';
import { loadDefinition } from '../../sources/module/load.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { errorOf } from './support.ts';

const FIXTURES = fileURLToPath(new URL('./fixtures', import.meta.url));

/** What is wrong with a configuration whose source is the module, by its lines. */
async function mistakes(module: string, resources = '[{ kind: plain, entity: { identifier: id, blueprint: id } }]') {
  const directory = await mkdtemp(path.join(tmpdir(), 'tidemark module '));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'tidemark.yaml');
  const at = path.relative(directory, path.join(FIXTURES, module));
  await writeFile(
    file,
    `integrations:\n  acme:\n    source: { type: module, module: ${at} }\n    resources: ${resources}\n`,
  );
  const read = readConfiguration(file, configurationContext({}, directory));
  return (await errorOf(read)).message.replaceAll(`${file}:`, '').split('\n');
}

describe('a module that cannot be used is found before anything runs', () => {
  it.each([
    ['not-there.ts', 'there is no module '],
    ['throws.ts', 'cannot be loaded: no library here'],
    ['no-default.ts', 'export default defineIntegration(…); it has no default export'],
    ['no-definition.ts', 'export default defineIntegration(…); its default export is something else'],
    ['set-up-throws.ts', 'the set-up of the module acme failed: source.accessToken is missing'],
    ['set-up-later.ts', 'must return an object, at once, with what listeners are given; it returned a Promise'],
    ['set-up-reserved.ts', 'returns `client`, which Tidemark gives listeners itself; choose another name'],
  ])('%s: %s', async (module, message) => {
    const [mistake, ...others] = await mistakes(module);
    expect(mistake).toMatch(/^3:37 {2}integrations\.acme\.source\.module: /);
    expect(mistake).toContain(message);
    expect(others).toEqual([]);
  });

  it('S3.11 a kind without a listener, a selector that its listener does not take, a lookup without a key: all at once', async () => {
    const entity = 'entity: { identifier: id, blueprint: id }';
    const resources = `
      - { kind: typed, ${entity}, selector: { query: 'true', state: ajar } }
      - { kind: typed, ${entity}, selector: { organisation: acme } }
      - { kind: typed, ${entity} }
      - { kind: other, ${entity} }`;
    const found = await mistakes('kinds.ts', resources);
    expect(found).toEqual([
      '3:37  integrations.acme.source.module: the lookup of plain would never be called: no listener of plain names a recordKey',
      expect.stringMatching(/^5:.*resources\[0\]\.selector\.state: Invalid option: expected one of "open"\|"closed"$/),
      expect.stringMatching(/^6:.*resources\[1\]\.selector: Unrecognized key: "organisation"$/),
      '8:17  integrations.acme.resources[3].kind: the module has no listener for the kind other; it has: typed, plain',
    ]);
  });

  it('S3.8 a module is found relative to the configuration, and loaded once', async () => {
    const first = await loadDefinition('./fixtures/kinds.ts', path.dirname(FIXTURES));
    expect(first.name).toBe('acme');
    expect(await loadDefinition('kinds.ts', FIXTURES)).toBe(first);
  });
});
