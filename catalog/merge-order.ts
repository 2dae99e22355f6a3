import { SCOPE_PREFIX } from '../domain/call.ts';
import { SYNC_API } from '../domain/sync-api.ts';

/**
 * The order in which the contents of several claims on one entity are merged, later ones over earlier ones: by
 * integration, place in the configuration, resource, record key (sync-semantics 1.7). Claims of this integration's
 * resources that its configuration no longer holds come before all others: nobody renews them, so they may fill gaps,
 * but not freeze what is still read. What plain calls wrote comes after all resources, what the Sync API wrote after all
 * integrations.
 *
 * `claim` is the alias of the claims; `integration` and `resources` are the parameters that hold the integration and
 * the keys of its configured resources.
 */
export function mergeOrder(claim: string, integration: string, resources: string): string {
  return (
    `${claim}.integration <> ${integration} or ${claim}.resource = any (${resources}) ` +
    `or ${claim}.resource like '${SCOPE_PREFIX}%', ` +
    `${claim}.integration = '${SYNC_API}', ${claim}.integration, ${claim}.position, ${claim}.resource, ${claim}.record_key`
  );
}
