import { addWarning, runAbout } from '../catalog/runs.ts';
import { SourceError } from '../domain/errors.ts';
import type { PinnedRun } from '../domain/run.ts';
import type { ActivityDependencies } from './dependencies.ts';

export const createHookActivities = ({ db, pipeline, log }: ActivityDependencies) => ({
  /** What the source does before the first kind is read. What it throws prevents the run. */
  async startHooks({ run }: { run: PinnedRun }): Promise<void> {
    const { source } = await pipeline(run.configVersion);
    try {
      await source.hooks?.start(await runAbout(db, run), log);
    } catch (error) {
      throw new SourceError(`onResyncStart failed: ${textOf(error)}`);
    }
  },

  /** What the source does after a complete run. What it throws is a warning: the run was complete. */
  async completeHooks({ run }: { run: PinnedRun }): Promise<void> {
    const { source } = await pipeline(run.configVersion);
    try {
      await source.hooks?.complete(await runAbout(db, run), log);
    } catch (error) {
      const warning = `onResyncComplete failed: ${textOf(error)}`;
      log.warn(`${run.integration}: ${warning}`);
      await addWarning(db, run, warning);
    }
  },
});

/** User code may throw anything. */
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
