import type { Client } from '@temporalio/client';
import type { Log } from '../activities/dependencies.ts';

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const KEYWORD = 2;

const NAMES = ['TidemarkIntegration', 'TidemarkKind', 'TidemarkOutcome', 'TidemarkTrigger'];

/**
 * Finds or registers Tidemark's search attributes, then asks with one of them. `false` when the server refuses:
 * runs then go without, because an unknown attribute would block a workflow for ever.
 */
export async function probeSearchAttributes(client: Client, log: Log): Promise<boolean> {
  const { namespace } = client.options;
  const { operatorService } = client.connection;
  try {
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const missing = NAMES.filter((name) => !(name in (customAttributes ?? {})));
    if (missing.length > 0) {
      const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
      await operatorService.addSearchAttributes({ namespace, searchAttributes });
    }
    // A server needs a moment until a new attribute can be used.
    for (let tries = 0; ; tries++) {
      try {
        for (const name of NAMES) await client.workflow.count(`${name} = "probe"`);
        return true;
      } catch (error) {
        if (tries >= 20) throw error;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.warn(`Temporal has no search attributes for Tidemark, so runs go without them: ${why}`);
    return false;
  }
}
