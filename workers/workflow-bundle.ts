import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundle } from '@temporalio/worker';
import type { Log } from '../activities/dependencies.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Folders whose code can reach the bundle. */
const SOURCES = ['workflows', 'domain'];

/** Beside the installed packages: it goes when they are installed anew. */
const CACHE = path.join(ROOT, 'node_modules', '.cache', 'tidemark');

/**
 * The workflows as the one script that workers run in their sandbox. Bundling takes seconds, so the result is kept
 * until a workflow, what it imports, or the SDK changes.
 */
export async function loadWorkflowBundle(log: Log): Promise<WorkflowBundle> {
  const file = path.join(CACHE, `workflows-${await digestOfSources()}.js`);
  try {
    return { code: await readFile(file, 'utf8') };
  } catch {
    log.info('Bundling the workflows (once, until they change) …');
  }
  const bundle = await bundleWorkflows(path.join(ROOT, 'workflows', 'index.ts'));
  await mkdir(CACHE, { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, bundle.code);
  await rename(unfinished, file);
  return bundle;
}

/** Bundles the workflows that a module exports. */
export function bundleWorkflows(workflowsPath: string): Promise<WorkflowBundle> {
  const silent = (): void => {};
  const logger = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };
  return bundleWorkflowCode({ workflowsPath, logger });
}

async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256');
  const sdk = createRequire(import.meta.url).resolve('@temporalio/worker/package.json');
  hash.update(readFileSync(sdk));
  for (const folder of SOURCES) {
    const names = await readdir(path.join(ROOT, folder), { recursive: true });
    for (const name of names.filter((each) => each.endsWith('.ts')).sort()) {
      hash.update(name).update(await readFile(path.join(ROOT, folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
