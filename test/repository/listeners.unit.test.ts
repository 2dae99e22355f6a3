import { describe, expect, it } from 'vitest';
import { blocksOf, tableBelow, textOf } from './support.ts';

const PAGE = 'docs/listeners.md';
const EXAMPLE = 'examples/github-listeners';

/** Files that are checked by `npm run types`, and run by other tests but for the last. */
const PROGRAMS = [
  `${EXAMPLE}/main.ts`,
  `${EXAMPLE}/integration.ts`,
  'examples/scaffold/main.ts',
  'test/repository/listener-program.ts',
];

describe('docs/listeners.md', () => {
  const programs = PROGRAMS.map(textOf);

  it.each(blocksOf(PAGE, 'ts'))('S3.3 S3.28 code that it shows is code that is checked: %s', (block) => {
    // A formatter ends what looks like a statement.
    const code = block.trimEnd().replace(/;$/, '');
    expect(programs.some((program) => program.includes(code))).toBe(true);
  });

  it('S3.26 S3.28 shows each listener of the example, and links to it', () => {
    const main = textOf(`${EXAMPLE}/main.ts`);
    const said = [...main.matchAll(/log\.info\(.*\);/g)].map(([line]) => line);
    expect(said).toHaveLength(3);
    for (const line of said) expect(textOf(PAGE)).toContain(line);
    for (const link of [EXAMPLE, `${EXAMPLE}/client.ts`]) expect(textOf(PAGE)).toContain(`(../${link})`);
  });

  it('S3.29 shows the configuration of the example', () => {
    expect(blocksOf(PAGE, 'yaml')).toEqual([textOf(`${EXAMPLE}/tidemark.yaml`)]);
  });

  it('S0.27 says what a listener is given, and when a resync of everything is too much', () => {
    const [, body = ''] =
      /interface ListenerArguments<Selector> \{(.*?)\n\}/s.exec(textOf('sources/module/definition.ts')) ?? [];
    const given = [...body.matchAll(/readonly (\w+):/g)].map(([, name]) => name);
    const told = tableBelow(PAGE, '## What a listener returns').map(([name = '']) => name.replaceAll('`', ''));
    expect(told.sort()).toEqual(given.sort());
    expect(textOf(PAGE)).toMatch(/`syncRawAll` reads every kind .* use it when all kinds need it/);
  });
});
