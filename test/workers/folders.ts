import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder for one test that only this user may enter, with spaces in its path. Removed when the test ends. */
export function closedFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidemark test with spaces '));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** The value behind `name=` in a line of a fixture. */
export function valueIn(line: string, name: string): string {
  const value = new RegExp(`\\b${name}=(\\S+)`).exec(line)?.[1];
  if (!value) throw new Error(`no ${name}= in: ${line}`);
  return value;
}
