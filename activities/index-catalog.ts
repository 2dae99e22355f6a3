import { setTimeout } from 'node:timers/promises';
import { cancellationSignal } from '@temporalio/activity';
import { documentsInForce } from '../catalog/configurations.ts';
import { indexNext } from '../catalog/indexing.ts';
import { unfinishedRuns } from '../catalog/runs.ts';
import { declaredBlueprints } from '../config/declared-blueprints.ts';
import type { ActivityDependencies } from './dependencies.ts';

/**
 * So long indexing gives way to a run, in milliseconds. A resync is done sooner for it, and however long runs follow each
 * other, what waits becomes less.
 */
const GIVES_WAY_MS = 10_000;
const LOOK_MS = 500;

export const createIndexActivity = ({ db }: ActivityDependencies) => ({
  /**
   * Indexes the next entities that wait, in a transaction with the end of their waiting: a repetition goes on where the
   * last commit left off. Gives way to runs for a while. Returns how many; 0: none waits.
   */
  async indexCatalog(): Promise<number> {
    const signal = cancellationSignal();
    const began = Date.now();
    while (Date.now() - began < GIVES_WAY_MS && (await unfinishedRuns(db)).length > 0) {
      await setTimeout(LOOK_MS, undefined, { signal });
    }
    return indexNext(db, declaredBlueprints(await documentsInForce(db)));
  },
});
