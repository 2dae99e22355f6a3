import type { Log } from '../activities/dependencies.ts';
import { listIntegrations, readConfigurationVersion } from '../catalog/configurations.ts';
import type { Database } from '../catalog/database.ts';
import { noteFullIndex, type UnindexedShop, unindexedShops } from '../catalog/unindexed-shops.ts';
import type { IntegrationDocument } from '../config/configuration.ts';
import type { ConfigurationContext } from '../config/definitions.ts';
import { destinationTypeIn } from '../config/document.ts';
import { resolveDocument } from '../config/load.ts';
import { ShopIndexer } from '../destinations/shopware/full-index.ts';
import { shopwareDefinition } from '../destinations/shopware/shopware-destination.ts';

export interface ShopIndexParts {
  readonly db: Database;
  readonly context: ConfigurationContext;
  readonly log: Log;
}

/** A shop is asked when nothing was sent to it for so long: a run sends its batches in closer order. */
const QUIET_SECONDS = 30;

/** An answer must be there by then, in milliseconds. */
const DEADLINE_MS = 60_000;

/**
 * Makes certain that what was written to a shop with indexing disabled is indexed (seed S4.31): what was written is a
 * committed row before it is sent, and each worker looks for such rows. Two workers may both ask, which is only work.
 */
export class ShopIndexKeeper {
  readonly #parts: ShopIndexParts;
  #looking = false;

  constructor(parts: ShopIndexParts) {
    this.#parts = parts;
  }

  /** Asks each shop that needs it for a full index. One that does not answer is asked again the next time. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const waiting = await unindexedShops(this.#parts.db, QUIET_SECONDS);
      if (waiting.length === 0) return;
      const indexers = await this.#indexers();
      for (const shop of waiting) await this.#one(shop, indexers.get(shop.destination));
    } finally {
      this.#looking = false;
    }
  }

  async #one(shop: UnindexedShop, indexer: ShopIndexer | undefined): Promise<void> {
    // No integration writes there any more, so that nobody has the credentials either.
    if (indexer === undefined) return;
    await indexer.indexAll(AbortSignal.timeout(DEADLINE_MS));
    await noteFullIndex(this.#parts.db, shop);
    this.#parts.log.info('a shop was asked for a full index of what was written with indexing disabled');
  }

  /** The shops of the configurations in force, by their names in claims. */
  async #indexers(): Promise<Map<string, ShopIndexer>> {
    const { db, context } = this.#parts;
    const found = new Map<string, ShopIndexer>();
    for (const { configVersion } of await listIntegrations(db)) {
      const stored = configVersion === null ? null : await readConfigurationVersion(db, configVersion);
      const document = stored?.document as IntegrationDocument;
      if (!stored || destinationTypeIn(document) !== shopwareDefinition.type) continue;
      const indexer = new ShopIndexer(resolveDocument(document, context).destination.settings);
      found.set(indexer.destination, indexer);
    }
    return found;
  }
}
