import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { UsageError } from '../domain/errors.ts';
import { isRawRecord, type RawRecord } from '../domain/json.ts';
import type { SourceEvents } from './source.ts';

/**
 * Deliveries that are signed as GitHub signs them: `X-Hub-Signature-256` is the HMAC-SHA-256 of the body, in hex after
 * `sha256=`. The event's name stands in `X-GitHub-Event` or `X-Event-Name`, the delivery's id in `X-GitHub-Delivery` or
 * `X-Delivery-Id`; without an id the body itself is known again.
 */
export function createWebhookEvents(secret: string | undefined): Pick<SourceEvents, 'accept'> {
  return {
    accept({ headers, body }) {
      if (secret === undefined) {
        throw new UsageError('webhooks are refused: set source.webhookSecret to the secret that they are signed with');
      }
      if (!isSigned(body, { secret, signature: headers['x-hub-signature-256'] ?? '' })) {
        throw new UsageError('the signature in X-Hub-Signature-256 is missing or does not belong to this body');
      }
      const event = headers['x-github-event'] ?? headers['x-event-name'];
      if (!event) throw new UsageError('the header X-GitHub-Event (or X-Event-Name) is missing: which event is it?');
      const id = headers['x-github-delivery'] ?? headers['x-delivery-id'] ?? digestOf(body);
      return { id, event, payload: payloadOf(body, headers['content-type'] ?? '') };
    },
  };
}

function isSigned(body: Uint8Array, { secret, signature }: { secret: string; signature: string }): boolean {
  const expected = createHmac('sha256', secret).update(body).digest();
  const given = Buffer.from(/^sha256=([0-9a-f]{64})$/i.exec(signature)?.[1] ?? '', 'hex');
  // Compared in any case, so that a malformed signature takes as long as a wrong one.
  const same = timingSafeEqual(given.length === expected.length ? given : Buffer.alloc(expected.length), expected);
  return same && given.length === expected.length;
}

const digestOf = (body: Uint8Array): string => `sha256:${createHash('sha256').update(body).digest('hex')}`;

function payloadOf(body: Uint8Array, contentType: string): RawRecord {
  const text = new TextDecoder().decode(body);
  const json = contentType.startsWith('application/x-www-form-urlencoded')
    ? (new URLSearchParams(text).get('payload') ?? '')
    : text;
  let payload: unknown;
  try {
    payload = JSON.parse(json);
  } catch {
    throw new UsageError('the body is not JSON');
  }
  if (isRawRecord(payload)) return payload;
  throw new UsageError('the body must be a JSON object');
}
