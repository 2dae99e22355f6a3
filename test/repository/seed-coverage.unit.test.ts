import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, tableBelow, textOf } from './support.ts';

const PAGE = 'docs/seed-coverage.md';

/** Rows that no test can show. */
const WITHOUT = ['S1.14', 'S3.27'];

describe(PAGE, () => {
  const rows = tableBelow(PAGE, '## Requirements');

  it('has every requirement of S0, S1, S3 and of policies, once', () => {
    const wanted = [52, 32, 29].flatMap((count, index) =>
      Array.from({ length: count }, (_, number) => `S${[0, 1, 3][index]}.${number + 1}`),
    );
    const policies = [1, ...Array.from({ length: 19 }, (_, index) => index + 7)].map((number) => `S2.${number}`);
    wanted.push(...policies);
    const listed = rows.map(([id]) => id);
    expect(listed.filter((id, index) => listed.indexOf(id) !== index)).toEqual([]);
    expect(wanted.filter((id) => !listed.includes(id))).toEqual([]);
  });

  it.each(rows.filter(([id = '']) => !WITHOUT.includes(id)))('%s is in the name of a test', (id = '', _, cell = '') => {
    const links = [...cell.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => String(link));
    const files = links.map((link) => path.relative(ROOT, path.resolve(ROOT, 'docs', link)));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect(textOf(file), file).toMatch(new RegExp(`['\`"].*\\b${id.replace('.', '\\.')}\\b`));
  });

  it('S2.1 the page on policies begins with an introduction, and has its examples and tables', () => {
    const page = textOf('docs/policies.md');
    expect(page.split('\n')[2]).toMatch(/^A resync writes what its source says\./);
    for (const part of ['```yaml', '```ts', '| `strategy`', '| `newer`']) expect(page).toContain(part);
  });

  it('S0.21 the page on performance says by which scripts its figures were made', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = [...textOf('docs/performance.md').matchAll(/npm run ([a-z:-]+)/g)].map(([, name]) => String(name));
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
