import type { Blueprints } from '../../domain/blueprint.ts';
import type { SyncOptions } from '../../domain/sync-api.ts';

export interface SyncRequest {
  /** The body, from its beginning each time. */
  readonly open: () => AsyncIterable<Uint8Array>;
  readonly options: SyncOptions;
  readonly blueprints: Blueprints;
}
