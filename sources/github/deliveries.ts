import { createHmac, timingSafeEqual } from 'node:crypto';
import { UsageError } from '../../domain/errors.ts';
import { isRawRecord, type RawRecord } from '../../domain/json.ts';
import type { AcceptedDelivery, Delivery } from '../source.ts';

/**
 * Reads a delivery of GitHub, once it is proved that GitHub sent it. Nothing of the body is looked at before; what is
 * said of a refused one helps nobody to forge the next. Throws `UsageError`.
 */
export function acceptDelivery({ headers, body }: Delivery, secret: string | null): AcceptedDelivery {
  if (secret === null) throw new UsageError('webhooks are refused: no source.webhookSecret is configured');
  assertSigned(headers['x-hub-signature-256'], body, secret);
  return {
    id: headerOf(headers, 'X-GitHub-Delivery'),
    event: headerOf(headers, 'X-GitHub-Event'),
    payload: payloadOf(body, headers['content-type']),
  };
}

const SIGNATURE = /^sha256=([0-9a-f]{64})$/i;

function assertSigned(signature: string | undefined, body: Uint8Array, secret: string): void {
  const [, hex] = SIGNATURE.exec(signature ?? '') ?? [];
  if (hex === undefined) {
    const what = signature === undefined ? 'lacks' : 'has no proper';
    throw new UsageError(
      `the delivery ${what} signature: the header X-Hub-Signature-256 must be \`sha256=\` and 64 hex digits; ` +
        'give the webhook a secret where it is set up',
    );
  }
  const wanted = createHmac('sha256', secret).update(body).digest();
  if (timingSafeEqual(Buffer.from(hex, 'hex'), wanted)) return;
  throw new UsageError(
    'the signature in X-Hub-Signature-256 does not fit the body: the webhook must have the same secret as source.webhookSecret',
  );
}

/** Ids and names of events are short and plain; nothing else is stored or logged. */
const PLAIN = /^[\x21-\x7e]{1,200}$/;

function headerOf(headers: Delivery['headers'], name: string): string {
  const value = headers[name.toLowerCase()];
  if (value !== undefined && PLAIN.test(value)) return value;
  const what = value === undefined ? 'lacks the' : 'has no proper';
  throw new UsageError(`the delivery ${what} header ${name}: 1 to 200 printable characters without blanks`);
}

/** GitHub sends JSON as such or, where the webhook is set up so, as the field `payload` of a form. */
function payloadOf(body: Uint8Array, contentType = 'application/json'): RawRecord {
  const text = textOf(body);
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(contentType.trim());
  const json = isForm ? new URLSearchParams(text).get('payload') : text;
  if (json === null) throw new UsageError('the form that was delivered has no field `payload`');
  let payload: unknown;
  try {
    payload = JSON.parse(json);
  } catch (error) {
    throw new UsageError(`the payload is not JSON: ${(error as Error).message}`);
  }
  if (isRawRecord(payload)) return payload;
  throw new UsageError('the payload must be one JSON object');
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new UsageError('the payload is not UTF-8');
  }
}
