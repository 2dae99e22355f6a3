import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTime } from '../../domain/time.ts';

describe('8.1 times', () => {
  it.each([
    ['in UTC', '2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
    ['without a zone: UTC', '2026-01-31T12:00:00', '2026-01-31T12:00:00.000Z'],
    ['of another zone', '2026-01-31T14:00:00+02:00', '2026-01-31T12:00:00.000Z'],
    ['of a zone on another day', '2026-01-31T23:30:00-05:30', '2026-02-01T05:00:00.000Z'],
    ['with a fraction', '2026-01-31T12:00:00.5Z', '2026-01-31T12:00:00.500Z'],
    ['with a fraction finer than milliseconds', '2026-01-31T12:00:00.123987Z', '2026-01-31T12:00:00.123Z'],
    ['in lower case', '2026-01-31t12:00:00z', '2026-01-31T12:00:00.000Z'],
    ['on a leap day', '2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ])('8.1 %s', (_, text, instant) => {
    expect(parseTime(text)).toBe(instant);
  });

  it.each([
    ['nothing', ''],
    ['a word', 'yesterday'],
    ['a day', '2026-01-31'],
    ['a blank in place of the T', '2026-01-31 12:00:00Z'],
    ['no seconds', '2026-01-31T12:00Z'],
    ['a zone without a colon', '2026-01-31T12:00:00+0200'],
    ['a day that no month has', '2026-02-31T12:00:00Z'],
    ['a leap day of another year', '2026-02-29T12:00:00Z'],
    ['a month that no year has', '2026-13-01T12:00:00Z'],
    ['an hour that no day has', '2026-01-31T25:00:00Z'],
    ['a zone that there is not', '2026-01-31T12:00:00+25:00'],
    ['the year 0, which PostgreSQL has not', '0000-01-01T00:00:00Z'],
    ['a time whose zone puts it into the year 10000', '9999-12-31T23:59:59-01:00'],
    ['a number', '1769860800'],
    ['a time within a text', 'at 2026-01-31T12:00:00Z'],
    ['two lines', '2026-01-31T12:00:00Z\n'],
  ])('8.1 %s is no time', (_, text) => {
    expect(parseTime(text)).toBeNull();
  });

  it('8.1 every instant comes back as it is, in whatever zone it is written', () => {
    const instant = fc.date({
      min: new Date('0001-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    const zone = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 });
    fc.assert(
      fc.property(instant, zone, (date, minutes) => {
        const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
        const two = (value: number): string => String(Math.floor(Math.abs(value))).padStart(2, '0');
        const offset = `${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
        expect(parseTime(`${local}${offset}`)).toBe(date.toISOString());
      }),
      { numRuns: 1000 },
    );
  });

  it('8.1 texts of times compare as the instants do', () => {
    const date = fc.date({
      min: new Date('1970-01-01T00:00:00Z'),
      max: new Date('2100-01-01T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, date, (one, other) => {
        const [first, second] = [parseTime(one.toISOString()), parseTime(other.toISOString())] as [string, string];
        expect(first < second).toBe(one.getTime() < other.getTime());
      }),
    );
  });
});
