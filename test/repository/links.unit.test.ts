import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { documents, proseOf, ROOT, textOf } from './support.ts';

/** The anchors that a page shows for its headings, as GitHub makes them. */
function anchorsOf(file: string): string[] {
  return [...proseOf(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

/** Why a link leads nowhere; nothing if it leads somewhere. */
function problemOf(file: string, link: string): string | undefined {
  const [target = '', anchor] = link.split('#');
  const linked = target === '' ? file : path.posix.join(path.posix.dirname(file), target);
  if (linked.startsWith('..')) return `${file}: ${link} leaves the repository`;
  if (!existsSync(path.join(ROOT, linked))) return `${file}: ${link} is not there`;
  if (anchor !== undefined && !anchorsOf(linked).includes(anchor)) return `${file}: ${link} has no such heading`;
  return undefined;
}

describe('the documents', () => {
  it('are the ones that people look for', () => {
    for (const file of ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/ownership.md', 'docs/architecture.md']) {
      expect(documents).toContain(file);
    }
  });

  it('S0.6 link only to what is there, headings included', () => {
    const links = documents.flatMap((file) =>
      [...proseOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => ({ file, link })),
    );
    const relative = links.filter(({ link }) => !/^[a-z]+:/.test(link));
    expect(relative.length).toBeGreaterThan(20);
    expect(relative.map(({ file, link }) => problemOf(file, link)).filter(Boolean)).toEqual([]);
  });

  it('name only files of the repository that are there', () => {
    const named = documents.flatMap((file) =>
      [...proseOf(file).matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|mjs|sql|json|yaml))`/g)].map(([, name = '']) => name),
    );
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !name.startsWith('.tidemark/') && !existsSync(path.join(ROOT, name)))).toEqual([]);
  });

  it('decision records are numbered without gaps and have their three parts', () => {
    const records = documents.filter((file) => file.startsWith('docs/decisions/')).sort();
    expect(records.map((file) => Number(path.basename(file).slice(0, 4)))).toEqual(
      records.map((_, index) => index + 1),
    );
    for (const file of records) {
      const text = textOf(file);
      expect(text).toMatch(new RegExp(`^# ${Number(path.basename(file).slice(0, 4))}\\. `));
      for (const part of ['**Context.**', '**Decision.**', '**Consequences.**']) expect(text, file).toContain(part);
    }
  });
});
