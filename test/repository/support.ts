import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The text of a file of the repository. */
export const textOf = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** Every document, by its path from the root. */
export const documents: readonly string[] = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.posix.join('docs', name.split(path.sep).join('/'))),
];

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** The fenced blocks of a document that are marked with the language. */
export function blocksOf(file: string, language: string): string[] {
  return [...textOf(file).matchAll(FENCE)].filter(([, mark]) => mark === language).map(([, , text]) => text ?? '');
}

/** A document without its fenced blocks. */
export const proseOf = (file: string): string => textOf(file).replace(FENCE, '');

/** Everything in a document that is meant to be typed: shell blocks, line by line, and code spans. */
export function codeOf(file: string): string[] {
  const lines = blocksOf(file, 'sh').flatMap((block) => block.split('\n').map((line) => line.replace(/\s#.*$/, '')));
  const spans = [...proseOf(file).matchAll(/`([^`\n]+)`/g)].map(([, text]) => text ?? '');
  return [...lines, ...spans];
}

/** The rows of the first table below a heading, as the texts of their cells. */
export function tableBelow(file: string, heading: string): string[][] {
  const [, section = ''] = textOf(file).split(`\n${heading}\n`);
  const rows = /(?:^\|.*\|$\n?)+/m.exec(section)?.[0].trim().split('\n') ?? [];
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

/** The code spans of a table's cell. */
export const spansOf = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? '');
