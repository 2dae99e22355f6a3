import { createHash } from 'node:crypto';
import type { Log } from '../activities/dependencies.ts';
import { listIntegrations, readConfigurationVersion } from '../catalog/configurations.ts';
import type { Database } from '../catalog/database.ts';
import { noteState, seenState } from '../catalog/remote-watch.ts';
import type { TidemarkClient } from '../client/client.ts';
import type { IntegrationDocument } from '../config/configuration.ts';
import type { ConfigurationContext } from '../config/definitions.ts';
import { destinationTypeIn } from '../config/document.ts';
import { resolveDocument } from '../config/load.ts';
import { portDefinition } from '../destinations/port/port-destination.ts';
import { PortIntegration } from '../destinations/port/port-integration.ts';

export interface PortWatchParts {
  readonly db: Database;
  readonly client: Pick<TidemarkClient, 'resync'>;
  readonly context: ConfigurationContext;
  readonly log: Log;
}

/** An answer must be there by then, in milliseconds. */
const DEADLINE_MS = 60_000;

/**
 * Notices triggers that are given in Port, by asking when each integration was last changed there (seed S1.14). Each
 * worker has one; what several notice is one trigger.
 */
export class PortWatch {
  readonly #parts: PortWatchParts;
  /** By integration and configuration version. */
  readonly #known = new Map<string, PortIntegration | null>();
  #looking = false;

  constructor(parts: PortWatchParts) {
    this.#parts = parts;
  }

  /** Asks for each integration that writes to Port. One that does not answer does not keep the others. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const failures: string[] = [];
      for (const { id, configVersion } of await listIntegrations(this.#parts.db)) {
        if (configVersion === null) continue;
        await this.#one(id, configVersion).catch((error: Error) => failures.push(`${id}: ${error.message}`));
      }
      if (failures.length > 0) throw new Error(`Port was not asked for triggers: ${failures.join('; ')}`);
    } finally {
      this.#looking = false;
    }
  }

  async #one(integration: string, configVersion: number): Promise<void> {
    const port = await this.#portOf(integration, configVersion);
    if (port === null) return;
    const { db, client, log } = this.#parts;
    const { destination } = port;
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const state = await port.state(signal);
    const seen = await seenState(db, destination, integration);
    if (seen === state) return;
    if (seen === null) {
      await noteState(db, { destination, integration, state: await port.introduce(signal) });
      return;
    }
    // First the trigger: a worker that dies in between notices it again, as the same one.
    await client.resync(integration, { origin: 'ui', id: triggerId(integration, state), queue: true });
    log.info(`${integration}: a resync was asked for in Port`);
    await noteState(db, { destination, integration, state });
  }

  /** `null`: the integration writes elsewhere. */
  async #portOf(integration: string, configVersion: number): Promise<PortIntegration | null> {
    const key = `${integration} ${configVersion}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const stored = await readConfigurationVersion(this.#parts.db, configVersion);
    const document = stored?.document as IntegrationDocument;
    const isPort = destinationTypeIn(document) === portDefinition.type;
    const { settings } = isPort ? resolveDocument(document, this.#parts.context).destination : { settings: {} };
    const port = isPort ? new PortIntegration(settings, integration) : null;
    this.#known.set(key, port);
    return port;
  }
}

/** The same change is the same trigger, whoever notices it: a UUID of its own. */
function triggerId(integration: string, state: string): string {
  const hex = createHash('sha256').update(`port ${integration} ${state}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
