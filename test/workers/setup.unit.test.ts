import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { startScript } from '../support/environment/script.ts';
import { closedFolder } from './folders.ts';

const SETUP = new URL('../../scripts/setup.mjs', import.meta.url);

/** An `npm` that notes its call, makes what a real one leaves behind, and fails where the checkout says so. */
const NPM = `
  const { appendFileSync, copyFileSync, existsSync, mkdirSync, writeFileSync } = require('node:fs');
  appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
  console.log('npm at work');
  if (existsSync('npm-fails')) process.exit(7);
  for (const name of ['tool', 'dev-tool']) mkdirSync('node_modules/' + name, { recursive: true });
  copyFileSync('noted.json', 'node_modules/.package-lock.json');
`;

const lock = (packages: object): string => JSON.stringify({ packages });

/** A checkout with two dependencies, one of them for another platform only. */
function checkout() {
  const root = closedFolder();
  const at = (name: string): string => path.join(root, name);
  const asked = {
    '': {},
    'node_modules/tool': { version: '1.0.0' },
    'node_modules/dev-tool': { version: '2.0.0', dev: true },
  };
  writeFileSync(at('package.json'), JSON.stringify({ engines: { node: '>=20.19' } }));
  writeFileSync(
    at('package-lock.json'),
    lock({ ...asked, 'node_modules/other-platform': { version: '3.0.0', optional: true } }),
  );
  writeFileSync(at('noted.json'), lock(asked));
  writeFileSync(at('npm.cjs'), NPM);
  writeFileSync(at('run.mjs'), `import { setUp } from ${JSON.stringify(SETUP.href)};\nawait setUp(process.argv[2]);\n`);
  return {
    at,
    calls: () => (existsSync(at('npm-calls')) ? readFileSync(at('npm-calls'), 'utf8').trim().split('\n') : []),
    async setUp() {
      const env = { ...process.env, npm_execpath: at('npm.cjs') };
      const script = startScript([process.execPath, at('run.mjs'), root], { env });
      return { code: await script.ended, output: script.output() };
    },
  };
}

const CI = 'ci --include=dev --include=optional';

describe('set-up', () => {
  test('installs what is missing, says so, and does not do it twice', async () => {
    const { setUp, calls, at } = checkout();
    const { code, output } = await setUp();
    expect(output).toMatch(
      /Installing the dependencies \(npm ci\) …\nnpm at work\nInstalled the dependencies in \d+ s/,
    );
    expect(code).toBe(0);
    expect(await setUp()).toEqual({ code: 0, output: '' });
    expect(calls()).toEqual([CI]);
    expect(readFileSync(at('node_modules/.tidemark-setup'), 'utf8')).toMatch(/^[0-9a-f]{64}$/);
  });

  test('takes an install by npm itself as it is', async () => {
    const { setUp, calls, at } = checkout();
    for (const name of ['tool', 'dev-tool']) mkdirSync(at(`node_modules/${name}`), { recursive: true });
    writeFileSync(at('node_modules/.package-lock.json'), readFileSync(at('noted.json')));
    expect(await setUp()).toEqual({ code: 0, output: '' });
    expect(calls()).toEqual([]);
  });

  test('installs again after a dependency changed its version, went missing, or the last install broke off', async () => {
    const { setUp, calls, at } = checkout();
    await setUp();
    const changed = readFileSync(at('package-lock.json'), 'utf8').replace('"2.0.0"', '"2.0.1"');
    writeFileSync(at('package-lock.json'), changed);
    writeFileSync(at('noted.json'), readFileSync(at('noted.json'), 'utf8').replace('"2.0.0"', '"2.0.1"'));
    expect((await setUp()).code).toBe(0);
    expect(calls()).toHaveLength(2);

    rmSync(at('node_modules/.tidemark-setup'));
    rmSync(at('node_modules/dev-tool'), { recursive: true });
    expect((await setUp()).code).toBe(0);
    expect(calls()).toHaveLength(3);

    rmSync(at('node_modules/.tidemark-setup'));
    rmSync(at('node_modules/.package-lock.json'));
    expect((await setUp()).code).toBe(0);
    expect(calls()).toHaveLength(4);
  });

  test('a failed install is an error that names its exit code, and is tried again', async () => {
    const { setUp, calls, at } = checkout();
    writeFileSync(at('npm-fails'), '');
    const { code, output } = await setUp();
    expect(code).toBe(1);
    expect(output).toContain('The dependencies could not be installed: npm ci ended with exit code 7');
    rmSync(at('npm-fails'));
    expect((await setUp()).code).toBe(0);
    expect(calls()).toHaveLength(2);
  });

  test('an install that does not give what the lock file asks for is an error', async () => {
    const { setUp, at } = checkout();
    writeFileSync(at('noted.json'), lock({ 'node_modules/tool': { version: '0.9.0' } }));
    const { code, output } = await setUp();
    expect(code).toBe(1);
    expect(output).toContain('node_modules is not what package-lock.json asks for');
  });

  test('a Node that is too old is named with the version that is needed, before anything is installed', async () => {
    const { setUp, calls, at } = checkout();
    writeFileSync(at('package.json'), JSON.stringify({ engines: { node: '>=999.3' } }));
    const { code, output } = await setUp();
    expect(code).toBe(1);
    expect(output).toContain(`Tidemark needs Node 999.3 or later; this is ${process.versions.node}`);
    expect(calls()).toEqual([]);
  });

  test('the lock file names every optional package of other platforms, or npm ci would refuse it', () => {
    const lockFile = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
    const packages: Record<string, { optionalDependencies?: object }> = JSON.parse(lockFile).packages;
    const missing = Object.entries(packages).flatMap(([folder, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !foldersAbove(folder).some((at) => `${at}${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });
});

/** Where npm looks for what a package needs: `node_modules/` in its own folder and in each above. */
function foldersAbove(folder: string): string[] {
  const parents = folder.split('/node_modules/').map((_, depth, all) => all.slice(0, depth + 1).join('/node_modules/'));
  return ['node_modules/', ...parents.filter((parent) => parent !== '').map((parent) => `${parent}/node_modules/`)];
}
