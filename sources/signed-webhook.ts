import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { UsageError } from '../domain/errors.ts';
import { isRawRecord, type RawRecord } from '../domain/json.ts';
import type { Delivery, SourceEvents } from './source.ts';

/**
 * Deliveries that are signed as GitHub signs them: `X-Hub-Signature-256` is the HMAC-SHA-256 of the body, in hex after
 * `sha256=`. The event's name stands in `X-GitHub-Event` or `X-Event-Name`, the delivery's id in `X-GitHub-Delivery` or
 * `X-Delivery-Id`; without an id the body itself is known again. Nothing of the body is looked at before it is proved
 * who sent it, and what is said of a refused one helps nobody to forge the next.
 */
export function createWebhookEvents(secret: string | undefined): Pick<SourceEvents, 'accept'> {
  return {
    accept({ headers, body }) {
      if (!secret) {
        throw new UsageError('webhooks are refused: set source.webhookSecret to the secret that they are signed with');
      }
      assertSigned(headers['x-hub-signature-256'], body, secret);
      const event = headerOf(headers, ['X-GitHub-Event', 'X-Event-Name']);
      if (event === undefined) {
        throw new UsageError('the header X-GitHub-Event (or X-Event-Name) is missing: which event is it?');
      }
      const id = headerOf(headers, ['X-GitHub-Delivery', 'X-Delivery-Id']) ?? digestOf(body);
      return { id, event, payload: payloadOf(body, headers['content-type'] ?? '') };
    },
  };
}

const SIGNATURE = /^sha256=([0-9a-f]{64})$/i;

function assertSigned(signature: string | undefined, body: Uint8Array, secret: string): void {
  if (!signature) {
    throw new UsageError(
      'the header X-Hub-Signature-256 is missing: the sender must sign with the secret in source.webhookSecret',
    );
  }
  const [, hex] = SIGNATURE.exec(signature) ?? [];
  if (hex === undefined) throw new UsageError('the header X-Hub-Signature-256 must be `sha256=` and 64 hex digits');
  const wanted = createHmac('sha256', secret).update(body).digest();
  if (timingSafeEqual(Buffer.from(hex, 'hex'), wanted)) return;
  throw new UsageError(
    'the signature in X-Hub-Signature-256 does not fit the body: the sender must have the secret in source.webhookSecret',
  );
}

/** Ids and names of events are short and plain; nothing else is stored or logged. */
const PLAIN = /^[\x21-\x7e]{1,200}$/;

function headerOf(headers: Delivery['headers'], names: readonly string[]): string | undefined {
  const name = names.find((candidate) => headers[candidate.toLowerCase()]);
  const value = name && headers[name.toLowerCase()];
  if (!value) return undefined;
  if (PLAIN.test(value)) return value;
  throw new UsageError(`the header ${name} must have 1 to 200 printable characters without blanks`);
}

const digestOf = (body: Uint8Array): string => `sha256:${createHash('sha256').update(body).digest('hex')}`;

/** JSON as such, or as the field `payload` of a form. */
function payloadOf(body: Uint8Array, contentType: string): RawRecord {
  const text = textOf(body);
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(contentType.trim());
  const json = isForm ? new URLSearchParams(text).get('payload') : text;
  if (json === null) throw new UsageError('the form has no field `payload`');
  let payload: unknown;
  try {
    payload = JSON.parse(json);
  } catch (error) {
    throw new UsageError(`the body is not JSON: ${(error as Error).message}`);
  }
  if (isRawRecord(payload)) return payload;
  throw new UsageError('the body must be a JSON object');
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new UsageError('the body is not UTF-8');
  }
}
