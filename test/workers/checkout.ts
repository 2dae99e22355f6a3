import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type Script, startScript } from '../support/environment/script.ts';
import { closedFolder } from './folders.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPTS = ['scripts', 'bin', 'package.json', 'package-lock.json', 'tsconfig.json', 'vitest.config.ts'];

/** A folder with a copy of this checkout's scripts, and of what else is named. */
export function bareCheckout(...more: string[]): string {
  const root = closedFolder();
  for (const name of [...SCRIPTS, ...more]) cpSync(path.join(ROOT, name), path.join(root, name), { recursive: true });
  return root;
}

/**
 * The same with its dependencies: links, one by one, and the mark of a finished set-up, so that nothing done there
 * reaches the real ones.
 */
export function installedCheckout(...more: string[]): string {
  const root = bareCheckout(...more);
  const installed = path.join(root, 'node_modules');
  mkdirSync(installed);
  for (const name of readdirSync(path.join(ROOT, 'node_modules')).filter((entry) => !entry.startsWith('.'))) {
    symlinkSync(path.join(ROOT, 'node_modules', name), path.join(installed, name));
  }
  const hash = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  writeFileSync(path.join(installed, '.tidemark-setup'), hash);
  return root;
}

/** Writes a file of the checkout. */
export function addFile(root: string, name: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), text);
}

/** Runs a command in the checkout, with its temporary files there too; it is ended with the test. */
export function runIn(root: string, command: readonly [string, ...string[]], env?: NodeJS.ProcessEnv): Script {
  mkdirSync(path.join(root, 'tmp'), { recursive: true });
  const script = startScript(command, { cwd: root, env: { ...process.env, ...env, TMPDIR: path.join(root, 'tmp') } });
  onTestFinished(() => void script.process.kill('SIGKILL'));
  return script;
}
