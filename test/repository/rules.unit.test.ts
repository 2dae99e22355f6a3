import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT, tableBelow, textOf } from './support.ts';

const PAGE = 'docs/sync-semantics.md';

/** Every file that a person wrote as code or as a test. */
const files = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !/^\.|^node_modules$|^docs$/.test(entry.name))
  .flatMap(({ name }) =>
    readdirSync(path.join(ROOT, name), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|mjs|sql|yaml)$/.test(file))
      .map((file) => path.join(name, file)),
  );

const cited = (pattern: RegExp): string[] => [
  ...new Set(files.flatMap((file) => [...textOf(file).matchAll(pattern)].map(([, id]) => String(id)))),
];

/** The numbers that a page of rules lists, e.g. 3.2, and its headings, e.g. 11. */
const listedRules = [...textOf(PAGE).matchAll(/^(?:## |- \*\*)(\d+(?:\.\d+)?)/gm)].map(([, id]) => String(id));

/** The numbers at the start of the names of tests and of groups of tests, tables of names included. */
const testedRules = files
  .filter((file) => /^test\/.*(\.test|-suite|families)\.ts$/.test(file))
  .flatMap((file) => [...textOf(file).matchAll(/(?:\bit\(|\bdescribe\(|\)\(|\[)\s*['"`]((?:S?\d+\.\d+ )+)/g)])
  .flatMap(([, ids = '']) => ids.trim().split(' '));

describe('docs/sync-semantics.md', () => {
  it('has a test for every rule of sections 1 to 5, with the number in its name', () => {
    const wanted = listedRules.filter((id) => /^[1-5]\./.test(id));
    expect(wanted.length).toBeGreaterThan(25);
    expect(wanted.filter((id) => !testedRules.includes(id))).toEqual([]);
  });

  it('has every rule that the code refers to', () => {
    const wanted = cited(/sync-semantics (\d+(?:\.\d+)?)/g);
    expect(wanted.length).toBeGreaterThan(15);
    expect(wanted.filter((id) => !listedRules.includes(id))).toEqual([]);
  });

  it('has every requirement that the code refers to', () => {
    const listed = tableBelow('docs/seed-coverage.md', '## Requirements').map(([id]) => String(id));
    const wanted = cited(/\b(S[0-4]\.\d+)\b/g);
    expect(wanted.length).toBeGreaterThan(20);
    expect(wanted.filter((id) => !listed.includes(id))).toEqual([]);
  });
});
