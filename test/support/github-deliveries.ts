import { createHmac, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import type { RawRecord } from '../../domain/json.ts';
import type { Delivery } from '../../sources/source.ts';

export const SECRET = "It's a Secret to Everybody";

export interface ExampleEvent {
  readonly event: string;
  readonly payload: RawRecord;
}

/** GitHub's own published example payloads (@octokit/webhooks-examples), in its order. */
export function exampleEvents(): ExampleEvent[] {
  // The package is one JSON file.
  const events: readonly { name: string; examples: readonly RawRecord[] }[] = createRequire(import.meta.url)(
    '@octokit/webhooks-examples',
  );
  return events.flatMap(({ name, examples }) => examples.map((payload) => ({ event: name, payload })));
}

/** A delivery as GitHub sends and signs it. */
export function deliveryOf({ event, payload }: ExampleEvent, id: string = randomUUID()): Delivery {
  return signed(JSON.stringify(payload), { 'x-github-event': event, 'x-github-delivery': id });
}

/** The same for a body of one's own. */
export function signed(body: string | Uint8Array, headers: Delivery['headers'], secret = SECRET): Delivery {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const signature = `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}`;
  return { headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature, ...headers }, body: bytes };
}
