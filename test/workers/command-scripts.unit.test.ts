import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { identityOf } from '../../workers/servers/process-identity.ts';
import type { Script } from '../support/environment/script.ts';
import { addFile, bareCheckout, installedCheckout, runIn } from './checkout.ts';
import { valueIn } from './folders.ts';

/** Gives a checkout a command line that does what is given. */
function withMain(root: string, body: string): string {
  // What only a translator can run, and what makes more lines of it than there are in the source.
  const signature = 'export async function main(argv: string[]): Promise<number> {';
  addFile(root, 'cli/main.ts', `enum Kind { A = 'a' }\n\n\n\n${signature}\n${body}\n}\nexport { Kind };\n`);
  return root;
}

describe('npx tidemark', () => {
  test('passes its arguments on and its exit code back', async () => {
    const script = runIn(withMain(installedCheckout(), `console.log(argv.join('|')); return 4;`), [
      'bin/tidemark.mjs',
      'status',
      '--json',
    ]);
    expect(await script.ended).toBe(4);
    expect(script.output()).toBe('status|--json');
  });

  test('shows an exception at the line where it was written', async () => {
    const script = runIn(withMain(installedCheckout(), `\n\n  throw new Error('here' as string);`), [
      'bin/tidemark.mjs',
    ]);
    expect(await script.ended).toBe(1);
    expect(script.output()).toMatch(/cli\/main\.ts:8:9/);
  });

  test('without its dependencies says which command installs them, in place of a stack trace', async () => {
    const script = runIn(withMain(bareCheckout(), 'return 0;'), ['bin/tidemark.mjs']);
    expect(await script.ended).toBe(1);
    expect(script.output()).toMatch(/^Cannot find package 'tsx': .* Run `npm start` .* or `npm ci` in \S/);
    expect(script.output()).not.toContain('    at ');
  });

  test('a missing file of its own is not taken for a missing dependency', async () => {
    const script = runIn(withMain(installedCheckout(), `await import('./no-such-file.ts'); return 0;`), [
      'bin/tidemark.mjs',
    ]);
    expect(await script.ended).toBe(1);
    expect(script.output()).toMatch(/Cannot find module .*no-such-file\.ts/);
  });
});

describe('npm start', () => {
  test('is `tidemark dev` with the arguments after --', async () => {
    const script = runIn(withMain(installedCheckout(), `console.log(argv.join('|')); return 3;`), [
      'npm',
      'start',
      '--',
      '--once',
    ]);
    expect(await script.ended).toBe(3);
    expect(script.output()).toMatch(/^dev\|--once$/m);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'is one process, which gets the %s that npm gets and ends as it likes',
    async (signal) => {
      const main = `
      const stopped = new Promise<string>((resolve) => process.once('${signal}', resolve));
      console.log('parent=' + process.ppid + ' pid=' + process.pid);
      const idle = setTimeout(() => process.exit(9), 30_000);
      console.log('stopping on ' + (await stopped));
      clearTimeout(idle);
      return 5;`;
      const npm = runIn(withMain(installedCheckout(), main), ['npm', 'start']);
      const line = await npm.line(/^parent=/);
      // No shell between npm and us, which would take the signal for itself.
      expect(valueIn(line, 'parent')).toBe(String(npm.process.pid));
      npm.process.kill(signal);
      expect(await npm.ended).toBe(5);
      expect(npm.output()).toContain(`stopping on ${signal}`);
      expect(identityOf(Number(valueIn(line, 'pid')))).toBeUndefined();
    },
  );
});

describe('npm test', () => {
  const suite = (files: Record<string, string>): string => {
    const root = installedCheckout('test/support/environment/end-with-parent.ts');
    const imports = `import { beforeAll, expect, describe, test } from 'vitest';`;
    for (const [name, text] of Object.entries(files)) addFile(root, `test/${name}.unit.test.ts`, `${imports}\n${text}`);
    return root;
  };
  const runSuite = (files: Record<string, string>, ...args: string[]): Script =>
    runIn(suite(files), [process.execPath, 'scripts/test.mjs', ...args]);

  test('ends with the counts, and exit code 0 when all is well', async () => {
    const script = runSuite({ a: `test('one', () => {}); test('two', () => {}); test.todo('three');` });
    expect(await script.ended).toBe(0);
    expect(script.lastLine()).toBe('2 passed, 0 failed, 1 skipped');
  });

  test('counts failed tests, files that do not load, groups whose hooks throw, and errors outside of any test', async () => {
    const script = runSuite({
      a: `test('one', () => {}); test('two', () => expect(1).toBe(2));`,
      b: `import './no-such-file.ts';`,
      c: `describe('group', () => { beforeAll(() => { throw new Error('hook'); }); test('three', () => {}); });`,
      d: `test('four', async () => { setTimeout(() => { throw new Error('late'); }, 1); await new Promise((r) => setTimeout(r, 50)); });`,
    });
    expect(await script.ended).toBe(1);
    expect(script.lastLine()).toBe('2 passed, 4 failed, 1 skipped');
  });

  test('a run in which no test ran has failed', async () => {
    const nothing = runSuite({ a: `test('one', () => {});` }, '-t', 'no such name');
    expect(await nothing.ended).toBe(1);
    expect(nothing.lastLine()).toBe('0 passed, 1 failed, 1 skipped');
  });

  test('a run that is interrupted has failed, and still ends with the counts', async () => {
    const root = suite({
      a: `import { writeFileSync } from 'node:fs';
          test('one', () => {}); test('two', () => { writeFileSync('waiting', ''); return new Promise(() => {}); });`,
    });
    const script = runIn(root, [process.execPath, 'scripts/test.mjs']);
    await vi.waitFor(() => expect(existsSync(path.join(root, 'waiting'))).toBe(true), { timeout: 20_000 });
    script.process.kill('SIGINT');
    expect(await script.ended).toBe(130);
    expect(script.lastLine()).toMatch(/^\d passed, 1 failed/);
    expect(script.output()).toContain('The run broke off before its end.');
  });

  test('a configuration that cannot be read has failed', async () => {
    const root = suite({ a: `test('one', () => {});` });
    writeFileSync(path.join(root, 'vitest.config.ts'), 'throw new Error("unreadable");');
    const script = runIn(root, [process.execPath, 'scripts/test.mjs']);
    expect(await script.ended).toBe(1);
    expect(script.lastLine()).toBe('0 passed, 1 failed');
  });
});
