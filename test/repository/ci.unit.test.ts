import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startScript } from '../support/environment/script.ts';
import { ROOT, textOf } from './support.ts';

const STEPS = ['ci --include=dev --include=optional', 'run --silent lint', 'run --silent types', 'run --silent layers'];
const TESTS = 'test --silent';

/** Runs `.ci/run` with an `npm` that only notes what it is called with; `failing` is the call that fails. */
async function run(failing = ''): Promise<{ code: unknown; calls: string[]; lines: string[] }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-ci-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(path.join(ROOT, '.ci'), path.join(folder, '.ci'), { recursive: true });
  mkdirSync(path.join(folder, 'programs'));
  const npm = `#!/bin/sh
echo "$*" >> '${folder}/calls'
case "$*" in
  '${failing}') [ "$1" = test ] && echo '2 passed, 1 failed'; exit 3 ;;
  test*) echo '3 passed, 0 failed' ;;
esac
`;
  writeFileSync(path.join(folder, 'programs', 'npm'), npm, { mode: 0o755 });
  const env = { ...process.env, PATH: `${path.join(folder, 'programs')}${path.delimiter}${process.env.PATH}` };
  const script = startScript([path.join(folder, '.ci', 'run')], { cwd: tmpdir(), env });
  const code = await script.ended;
  const calls = readFileSync(path.join(folder, 'calls'), 'utf8').trim().split('\n');
  return { code, calls, lines: script.output().split('\n') };
}

describe('.ci/run', () => {
  it('runs every step by name, then the tests, whose closing line is the last', async () => {
    const { code, calls, lines } = await run();
    expect(code).toBe(0);
    expect(calls).toEqual([...STEPS, TESTS]);
    for (const name of ['dependencies', 'lint', 'types', 'layers', 'tests']) {
      expect(lines.filter((line) => line.startsWith(`=== ${name}`))).toHaveLength(1);
    }
    expect(lines.at(-1)).toBe('3 passed, 0 failed');
  });

  it.each(STEPS.map((step, index) => [step, index] as const))(
    'npm %s fails: nothing comes after it, and the last line counts one failure',
    async (step, index) => {
      const { code, calls, lines } = await run(step);
      expect(code).toBe(3);
      expect(calls).toEqual(STEPS.slice(0, index + 1));
      expect(lines.at(-1)).toBe('0 passed, 1 failed');
      expect(lines.join('\n')).toMatch(/^=== failed: /m);
    },
  );

  it('tests that fail end it with their exit code and their closing line', async () => {
    const { code, lines } = await run(TESTS);
    expect(code).toBe(3);
    expect(lines.at(-1)).toBe('2 passed, 1 failed');
  });

  it('calls scripts that package.json has', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const called = STEPS.filter((step) => step.startsWith('run')).map((step) => String(step.split(' ').at(-1)));
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...called, 'test']));
  });
});
