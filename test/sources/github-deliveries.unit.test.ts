import { describe, expect, it } from 'vitest';
import { UsageError } from '../../domain/errors.ts';
import { githubSource } from '../../sources/github/source.ts';
import type { Delivery, SourceEvents } from '../../sources/source.ts';
import { deliveryOf, SECRET, signed } from '../support/github-deliveries.ts';

const eventsWith = (settings: { readonly webhookSecret?: string }): SourceEvents => {
  const { events } = githubSource.create(settings);
  if (!events) throw new Error('the github source has no events');
  return events;
};

const events = eventsWith({ webhookSecret: SECRET });
const headers = { 'x-github-event': 'ping', 'x-github-delivery': 'd-1' };
const example = deliveryOf({ event: 'ping', payload: { zen: 'Design for failure.' } }, 'd-1');

/** What a delivery is refused with. */
function refusal(delivery: Delivery, by: SourceEvents = events): string {
  try {
    by.accept(delivery);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error('the delivery was accepted');
}

describe("GitHub's webhooks, as they are delivered", () => {
  it('one that is signed is accepted, with its id, its event and its payload', () => {
    expect(events.accept(example)).toEqual({ id: 'd-1', event: 'ping', payload: { zen: 'Design for failure.' } });
  });

  it("GitHub's own example of a signature is right", () => {
    const body = new TextEncoder().encode('Hello, World!');
    const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    // The signature holds; the body is then found to be no JSON.
    expect(refusal({ headers: { ...headers, 'x-hub-signature-256': signature }, body })).toMatch(/is not JSON/);
  });

  it('a form with the payload in it is accepted as well', () => {
    const form = new URLSearchParams({ payload: '{"zen":"Ünïcode & more = fine"}' }).toString();
    const delivery = signed(form, { ...headers, 'content-type': 'application/x-www-form-urlencoded' });
    expect(events.accept(delivery).payload).toEqual({ zen: 'Ünïcode & more = fine' });
  });

  it.each([
    [
      'no signature',
      { ...example, headers: { ...example.headers, 'x-hub-signature-256': undefined } },
      /X-Hub-Signature-256 is missing/,
    ],
    [
      'an empty one',
      { ...example, headers: { ...example.headers, 'x-hub-signature-256': '' } },
      /X-Hub-Signature-256 is missing/,
    ],
    [
      'a short one',
      { ...example, headers: { ...example.headers, 'x-hub-signature-256': 'sha256=ab' } },
      /64 hex digits/,
    ],
    [
      'one of the older kind',
      { ...example, headers: { ...example.headers, 'x-hub-signature-256': `sha1=${'a'.repeat(40)}` } },
      /64 hex digits/,
    ],
    ['another secret', signed(example.body, headers, 'guess'), /does not fit/],
    ['a body that was changed', { ...example, body: new TextEncoder().encode('{"zen":"x"}') }, /does not fit/],
    ['not even JSON, and forged', { ...signed('{', headers, 'guess') }, /does not fit/],
  ])('is refused with %s, before anything of it is read', (_, delivery, message) => {
    const text = refusal(delivery);
    expect(text).toMatch(message);
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(signed(delivery.body, headers).headers['x-hub-signature-256']?.slice(7));
  });

  it.each([{}, { webhookSecret: '' }])('is refused where no secret is configured, signed or not: %o', (settings) => {
    const open = eventsWith(settings);
    expect(refusal(example, open)).toMatch(/set source\.webhookSecret/);
    expect(refusal(signed(example.body, headers, ''), open)).toMatch(/set source\.webhookSecret/);
  });

  it.each([
    ['no JSON', '{"zen":', /not JSON/],
    ['a list', '[1]', /a JSON object/],
    ['nothing', '', /not JSON/],
    ['null', 'null', /a JSON object/],
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), /not UTF-8/],
  ])('a body that is signed and holds %s is refused', (_, body, message) => {
    expect(refusal(signed(body, headers))).toMatch(message);
  });

  it('a form without a payload, and headers that are missing or strange, are refused', () => {
    const form = { ...headers, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    expect(refusal(signed('a=b', form))).toMatch(/no field `payload`/);
    expect(refusal(signed('{}', { 'x-github-delivery': 'd' }))).toMatch(
      /X-GitHub-Event \(or X-Event-Name\) is missing/,
    );
    expect(refusal(signed('{}', { ...headers, 'x-github-event': 'a b' }))).toMatch(/header X-GitHub-Event must have/);
    expect(refusal(signed('{}', { ...headers, 'x-github-delivery': 'd'.repeat(201) }))).toMatch(/Delivery must have/);
  });
});
