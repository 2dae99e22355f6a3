import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonReader } from '../../client/sync-api/json-values.ts';
import { readRequest } from '../../client/sync-api/request-reader.ts';

/** Bytes, cut at the places that the numbers name. */
function* pieces(text: string, cuts: readonly number[]): Generator<Uint8Array> {
  const bytes = Buffer.from(text);
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const place of [...places, bytes.length]) {
    if (place > from) yield bytes.subarray(from, place);
    from = place;
  }
}

function read(text: string, cuts: readonly number[] = []): unknown {
  let found: unknown;
  const reader = new JsonReader({
    isStreamed: () => false,
    onValue: (_, value) => {
      found = value;
    },
  });
  for (const piece of pieces(text, cuts)) reader.write(piece);
  reader.end();
  return found;
}

async function* asBody(text: string, cuts: readonly number[] = []): AsyncGenerator<Uint8Array> {
  yield* pieces(text, cuts);
}

describe('reading JSON as it comes in', () => {
  it('gives what JSON.parse gives, wherever the bytes are cut', () => {
    const cuts = fc.array(fc.nat(500), { maxLength: 8 });
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false, maxDepth: 6 }), cuts, (text, places) => {
        const isAmbiguous = /__proto__/.test(text);
        fc.pre(!isAmbiguous);
        let parsed: unknown;
        try {
          parsed = read(text, places);
        } catch (error) {
          // Only what JSON.parse takes silently: a key that is there twice.
          expect(String(error)).toMatch(/is there twice/);
          return;
        }
        expect(parsed).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const broken = fc.tuple(
      fc.json({ maxDepth: 4 }),
      fc.nat(),
      fc.constantFrom('', ',', '}', ']', '"', ':', '{', 'x', '1'),
    );
    fc.assert(
      fc.property(broken, ([text, at, sign]) => {
        const place = at % (text.length + 1);
        const changed = text.slice(0, place) + sign + text.slice(place + 1);
        let isJson = true;
        try {
          JSON.parse(changed);
        } catch {
          isJson = false;
        }
        fc.pre(!isJson);
        expect(() => read(changed), changed).toThrow(/the body is not JSON|is there twice/);
      }),
      { numRuns: 500 },
    );
  });

  it('S4.6 S4.11 tells the parts of operations one by one, whatever their order', async () => {
    const text = '{"a":{"payload":[{"x":[1]},2],"entity":"tax","action":"upsert"},"b":7}';
    const events = [];
    for await (const some of readRequest(asBody(text, [3, 20, 21, 40])).events) events.push(...some);
    expect(events).toEqual([
      { type: 'record', operation: 0, key: 'a', index: 0, value: { x: [1] } },
      { type: 'record', operation: 0, key: 'a', index: 1, value: 2 },
      { type: 'part', operation: 0, key: 'a', name: 'entity', value: 'tax' },
      { type: 'part', operation: 0, key: 'a', name: 'action', value: 'upsert' },
      { type: 'end', operation: 0, key: 'a', isObject: true },
      { type: 'end', operation: 1, key: 'b', isObject: false },
    ]);
  });
});
