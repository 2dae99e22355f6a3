import type { RawCall } from '../../domain/call.ts';
import { SourceError } from '../../domain/errors.ts';
import type { RawRecord } from '../../domain/json.ts';
import type { EventCalls, IntegrationDefinition, Settings } from './definition.ts';
import { rowsOf, thrownText } from './rows.ts';

interface Received {
  readonly event: string;
  readonly payload: RawRecord;
  /** What every listener is given. */
  readonly given: object & { readonly config: Settings };
}

/** What the webhook's listeners make of an event, in order; a text: there is no listener for it. */
export async function eventCalls(
  definition: IntegrationDefinition<object>,
  { event, payload, given }: Received,
): Promise<readonly RawCall[] | string> {
  const listeners = definition.webhooks.filter((webhook) => webhook.event === event);
  if (listeners.length === 0) return `the module has no listener for the event ${event}`;
  const calls: RawCall[] = [];
  const sync: EventCalls = {
    registerRaw(kind, rows) {
      calls.push({ type: 'register-raw', kind, rows: rowsOf(rows, `registerRaw of ${kind}`) });
    },
    unregisterRaw(kind, rows) {
      calls.push({ type: 'unregister-raw', kind, rows: rowsOf(rows, `unregisterRaw of ${kind}`) });
    },
    updateRawDiff(kind, { before, after }) {
      const rows = {
        before: rowsOf(before, `updateRawDiff of ${kind}`),
        after: rowsOf(after, `updateRawDiff of ${kind}`),
      };
      calls.push({ type: 'update-raw-diff', kind, ...rows });
    },
  };
  for (const { listen } of listeners) {
    try {
      await listen({ ...given, payload, event, sync });
    } catch (error) {
      throw new SourceError(`the listener of the event ${event} failed: ${thrownText(error)}`);
    }
  }
  return calls;
}
