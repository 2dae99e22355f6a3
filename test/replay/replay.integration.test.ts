import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, makeTelemetryFilterString, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleWorkflows, loadWorkflowBundle } from '../../workers/workflow-bundle.ts';

interface SavedHistory {
  readonly name: string;
  readonly workflowId: string;
  readonly status: string;
  readonly history: unknown;
}

const FOLDER = new URL('./histories/', import.meta.url);

const histories: SavedHistory[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, ...JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) }));

type Bundle = Awaited<ReturnType<typeof bundleWorkflows>>;

/** What a replay of each history against a bundle ends in, by file name; `undefined`: it went through. */
async function replay(workflowBundle: Bundle, saved: readonly SavedHistory[]): Promise<Map<string, Error | undefined>> {
  const results = new Map<string, Error | undefined>();
  for (const { name, workflowId, history } of saved) {
    const one = [{ workflowId, history: historyFromJSON(history) }];
    for await (const { error } of Worker.runReplayHistories({ workflowBundle }, one)) results.set(name, error);
  }
  return results;
}

describe('replay of recorded histories', () => {
  let today: Bundle;
  beforeAll(async () => {
    // A replay that fails on purpose is no news, and a worker's life is none either.
    const logging = { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) };
    Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging } });
    today = await loadWorkflowBundle({ info: () => {}, warn: () => {} });
  });

  it('there is a history of every shape of a run', () => {
    const names = histories.map(({ name }) => name).join('\n');
    for (const shape of [
      'complete.resync.1',
      'complete.resync.repository.1',
      'failed-kind.resync.1',
      'failed-kind.resync.repository.1',
      'aborted.resync.1',
      'aborted.resync.repository.1',
      'delete-by-lookup.resync.repository.second-look.1',
      'delete-by-second-listing.resync.repository.second-look.1',
      'held.resync.2',
      'queued.resync.2',
      'retry.resync.repository.1',
      'calls.live.1',
      'calls.resync.1',
      'scheduled.schedule.1',
    ]) {
      expect(names).toContain(shape);
    }
    const aborted = histories.find(({ name }) => name === 'aborted.resync.1.json');
    expect(aborted?.status).toBe('CONTINUED_AS_NEW');
  });

  it.each(histories)('$name replays against today’s workflows', async (saved) => {
    expect((await replay(today, [saved])).get(saved.name)).toBeUndefined();
  });

  it('a workflow with one command more than was recorded is caught', async () => {
    const broken = await bundleWorkflows(fileURLToPath(new URL('./broken-workflows/index.ts', import.meta.url)));
    const saved = histories.filter(({ name }) => name.startsWith('complete.'));
    const results = await replay(broken, saved);
    expect(results.size).toBe(saved.length);
    for (const error of results.values()) expect(error).toBeInstanceOf(DeterminismViolationError);
  });
});
