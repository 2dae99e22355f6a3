import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { EXIT_CODES } from '../../domain/outcome.ts';
import { tidemark } from '../support/tidemark.ts';
import { commandOptions, problemOf } from './command-line.ts';
import { codeOf, documents, spansOf, tableBelow, textOf } from './support.ts';

/** What is typed after `tidemark` in a piece of code; after `npm start --` it is what follows `dev`. */
function commandLinesIn(code: string): string[] {
  const typed = [...code.matchAll(/(?:^|npx |worker )tidemark ([a-z][^|&;]*)/g)].map(([, line = '']) => line);
  const started = [...code.matchAll(/npm start -- ([^|&;]*)/g)].map(([, line = '']) => `dev ${line}`);
  return [...typed, ...started];
}

describe('the command line in the documents', async () => {
  const commands = await commandOptions();

  it('the README lists the commands that exist, each with all its options, and no others', async () => {
    const listed = tableBelow('README.md', '## Commands').map(([cell = '']) => String(spansOf(cell)[0]));
    expect(listed.map((line) => line.split(' ')[1]).sort()).toEqual([...commands.keys()].sort());
    for (const line of listed) {
      const name = String(line.split(' ')[1]);
      const own = commands.get(name)?.filter((option) => !['--config', '--json', '--help'].includes(option));
      expect((line.match(/--[a-z-]+/g) ?? []).sort(), line).toEqual([...(own ?? [])].sort());
    }
    const { stdout } = await tidemark(tmpdir(), ['--help']);
    const [, list = ''] = stdout.split('Commands:\n');
    const offered = [...list.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name).filter((name) => name !== 'help');
    expect(offered.sort()).toEqual([...commands.keys()].sort());
  });

  it('every command that a document tells people to type exists, with its options', () => {
    const typed = documents.flatMap((file) => codeOf(file).flatMap(commandLinesIn));
    expect(typed.length).toBeGreaterThan(15);
    expect(typed.map((line) => problemOf(line, commands)).filter(Boolean)).toEqual([]);
  });

  it('a command or an option that does not exist is noticed', () => {
    expect(problemOf('serve --port 1', commands)).toContain('no command serve');
    expect(problemOf('resync acme --until last', commands)).toContain('no --until');
  });

  it('the README names the exit code of every outcome', () => {
    for (const [outcome, code] of Object.entries(EXIT_CODES)) {
      expect(textOf('README.md')).toMatch(new RegExp(`^\\| ${code} +\\| ${outcome}`, 'm'));
    }
    expect(textOf('README.md')).toMatch(/^\| 2 +\| wrong usage or configuration/m);
  });

  it('npm scripts that documents name exist', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = documents.flatMap((file) =>
      codeOf(file).flatMap((code) => [...code.matchAll(/\bnpm run (?:--\w+ )?([a-z-]+)/g)].map(([, name]) => name)),
    );
    expect(named.length).toBeGreaterThan(4);
    expect(named.filter((name) => !(String(name) in scripts))).toEqual([]);
  });
});
