import type { Log } from '../activities/dependencies.ts';
import { type IntegrationRow, listIntegrations, readConfigurationVersion } from '../catalog/configurations.ts';
import type { Database } from '../catalog/database.ts';
import type { TidemarkClient } from '../client/client.ts';
import type { IntegrationDocument } from '../config/configuration.ts';
import type { ConfigurationContext } from '../config/definitions.ts';
import { storedInterval } from '../config/load.ts';
import { UsageError } from '../domain/errors.ts';
import { intervalText } from '../domain/schedule.ts';

export interface ScheduleKeeperParts {
  readonly db: Database;
  readonly client: Pick<TidemarkClient, 'schedule'>;
  readonly env: ConfigurationContext['env'];
  readonly log: Log;
}

/**
 * Keeps Temporal's schedules in step with the configurations in force and this worker's environment (seed S1.3). Each
 * worker has one. They agree in the end: whichever applied an old version last applies the new one when it looks again.
 */
export class ScheduleKeeper {
  private readonly parts: ScheduleKeeperParts;
  /** The version that was last applied here, by integration. */
  private readonly applied = new Map<string, number>();

  constructor(parts: ScheduleKeeperParts) {
    this.parts = parts;
  }

  /** Applies every version that came into force since the last time. What fails is tried again the next time. */
  async keep(): Promise<void> {
    const failures: string[] = [];
    for (const { id, configVersion } of await listIntegrations(this.parts.db)) {
      if (configVersion === null || this.applied.get(id) === configVersion) continue;
      try {
        await this.apply(id, configVersion);
        this.applied.set(id, configVersion);
      } catch (error) {
        failures.push(`${id}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    if (failures.length > 0) throw new Error(`schedules not applied: ${failures.join('; ')}`);
  }

  private async apply(integration: IntegrationRow['id'], configVersion: number): Promise<void> {
    const { db, client, env, log } = this.parts;
    const stored = await readConfigurationVersion(db, configVersion);
    let seconds: number | null;
    try {
      seconds = storedInterval(stored?.document as IntegrationDocument, env);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      log.warn(`${integration}: its schedule stays as it is: ${error.message}`);
      return;
    }
    const isThere = await client.schedule(integration, seconds);
    if (seconds !== null) log.info(`${integration}: a resync is scheduled every ${intervalText(seconds)}`);
    else if (isThere) log.info(`${integration}: no resync is scheduled any more`);
  }
}
