import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { identityOf } from '../../workers/process-identity.ts';
import { type Script, startScript } from '../support/environment/script.ts';
import { closedFolder } from './folders.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A copy of the scripts with this checkout's dependencies and, for `cli/main.ts`, the given body of `main`. */
function checkout(main: string, { installed = true } = {}): string {
  const root = closedFolder();
  for (const name of ['scripts', 'bin', 'package.json', 'package-lock.json', 'tsconfig.json', 'vitest.config.ts']) {
    cpSync(path.join(ROOT, name), path.join(root, name), { recursive: true });
  }
  if (installed) symlinkSync(path.join(ROOT, 'node_modules'), path.join(root, 'node_modules'));
  mkdirSync(path.join(root, 'cli'));
  // Types and an enum: what only a translator runs; the empty lines make its line numbers differ from the source's.
  const text = `enum Kind { A = 'a' }\n\n\n\nexport async function main(argv: string[]): Promise<number> {\n${main}\n}\nexport { Kind };\n`;
  writeFileSync(path.join(root, 'cli', 'main.ts'), text);
  return root;
}

function run(root: string, ...command: [string, ...string[]]): Script {
  const script = startScript(command, { cwd: root });
  onTestFinished(() => void script.process.kill('SIGKILL'));
  return script;
}

describe('npx tidemark', () => {
  test('passes its arguments on and its exit code back', async () => {
    const script = run(checkout(`console.log(argv.join('|')); return 4;`), 'bin/tidemark.mjs', 'status', '--json');
    expect(await script.ended).toBe(4);
    expect(script.output()).toBe('status|--json');
  });

  test('shows an exception at the line where it was written', async () => {
    const script = run(checkout(`\n\n  throw new Error('${'{'}argv${'}'}' as string);`), 'bin/tidemark.mjs');
    expect(await script.ended).toBe(1);
    expect(script.output()).toMatch(/cli\/main\.ts:8:9/);
  });

  test('without its dependencies says which command installs them, in place of a stack trace', async () => {
    const script = run(checkout('return 0;', { installed: false }), 'bin/tidemark.mjs');
    expect(await script.ended).toBe(1);
    expect(script.output()).toMatch(/^Cannot find package 'tsx': .* Run `npm start` .* or `npm ci` in \S/);
    expect(script.output()).not.toContain('    at ');
  });

  test('a missing file of its own is not taken for a missing dependency', async () => {
    const script = run(checkout(`await import('./no-such-file.ts'); return 0;`), 'bin/tidemark.mjs');
    expect(await script.ended).toBe(1);
    expect(script.output()).toMatch(/Cannot find module .*no-such-file\.ts/);
  });
});

describe('npm start', () => {
  test('is `tidemark dev` with the arguments after --', async () => {
    const script = run(checkout(`console.log(argv.join('|')); return 3;`), 'npm', 'start', '--silent', '--', '--once');
    expect(await script.ended).toBe(3);
    expect(script.output()).toMatch(/^dev\|--once$/m);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'is one process, which gets %s itself and ends as it likes',
    async (signal) => {
      const main = `
      const stopped = new Promise<string>((resolve) => process.once('${signal}', resolve));
      console.log('pid=' + process.pid);
      const idle = setInterval(() => {}, 60_000);
      console.log('stopping on ' + (await stopped));
      clearInterval(idle);
      return 5;`;
      const script = run(checkout(main), process.execPath, 'scripts/start.mjs');
      expect(await script.line(/^pid=/)).toBe(`pid=${script.process.pid}`);
      script.process.kill(signal);
      expect(await script.ended).toBe(5);
      expect(script.output()).toContain(`stopping on ${signal}`);
      expect(identityOf(Number(script.process.pid))).toBeUndefined();
    },
  );
});

describe('npm test', () => {
  const test_ = (root: string, file: string, text: string): void => {
    mkdirSync(path.join(root, 'test'), { recursive: true });
    writeFileSync(
      path.join(root, 'test', `${file}.unit.test.ts`),
      `import { beforeAll, expect, describe, test } from 'vitest';\n${text}`,
    );
  };
  const lastLine = (script: Script): string | undefined => script.output().split('\n').at(-1);
  const suite = (files: Record<string, string>): string => {
    const root = checkout('return 0;');
    for (const [file, text] of Object.entries(files)) test_(root, file, text);
    return root;
  };
  const runSuite = (files: Record<string, string>, ...args: string[]): Script =>
    run(suite(files), process.execPath, 'scripts/test.mjs', ...args);

  test('ends with the counts, and exit code 0 when all is well', async () => {
    const script = runSuite({ a: `test('one', () => {}); test('two', () => {}); test.todo('three');` });
    expect(await script.ended).toBe(0);
    expect(lastLine(script)).toBe('2 passed, 0 failed, 1 skipped');
  });

  test('counts failed tests, files that do not load, groups whose hooks throw, and errors outside of any test', async () => {
    const script = runSuite({
      a: `test('one', () => {}); test('two', () => expect(1).toBe(2));`,
      b: `import './no-such-file.ts';`,
      c: `describe('group', () => { beforeAll(() => { throw new Error('hook'); }); test('three', () => {}); });`,
      d: `test('four', async () => { setTimeout(() => { throw new Error('late'); }, 1); await new Promise((r) => setTimeout(r, 50)); });`,
    });
    expect(await script.ended).toBe(1);
    expect(lastLine(script)).toBe('2 passed, 4 failed, 1 skipped');
  });

  test('a run in which no test ran has failed', async () => {
    const nothing = runSuite({ a: `test('one', () => {});` }, '-t', 'no such name');
    expect(await nothing.ended).toBe(1);
    expect(lastLine(nothing)).toBe('0 passed, 1 failed, 1 skipped');
  });

  test('a run that is interrupted has failed, and still ends with the counts', async () => {
    const root = suite({
      a: `import { writeFileSync } from 'node:fs';
          test('one', () => {}); test('two', () => { writeFileSync('waiting', ''); return new Promise(() => {}); });`,
    });
    const script = run(root, process.execPath, 'scripts/test.mjs');
    await vi.waitFor(() => expect(existsSync(path.join(root, 'waiting'))).toBe(true), { timeout: 20_000 });
    script.process.kill('SIGINT');
    expect(await script.ended).toBe(130);
    expect(lastLine(script)).toMatch(/^\d passed, 1 failed/);
    expect(script.output()).toContain('The run broke off before its end.');
  });

  test('a configuration that cannot be read has failed', async () => {
    const root = suite({ a: `test('one', () => {});` });
    writeFileSync(path.join(root, 'vitest.config.ts'), 'throw new Error("unreadable");');
    const script = run(root, process.execPath, 'scripts/test.mjs');
    expect(await script.ended).toBe(1);
    expect(lastLine(script)).toBe('0 passed, 1 failed');
  });
});
