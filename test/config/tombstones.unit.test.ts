import { describe, expect, it } from 'vitest';
import { acme, load, mistakes } from './support.ts';

const DAY = 86_400_000;

const withTombstones = (value: string): string => acme({ top: `tombstones: ${value}\n` });

describe('tombstones:', () => {
  it('8.4 are kept for 30 days unless the file says otherwise', () => {
    expect(load(acme()).tombstones).toEqual({ keep: 30 * DAY });
    expect(load(withTombstones('')).tombstones).toEqual({ keep: 30 * DAY });
    expect(load(withTombstones('{ keep: 90d }')).tombstones).toEqual({ keep: 90 * DAY });
    expect(load(withTombstones('{ keep: "${env:KEEP}" }'), { KEEP: '2h' }).tombstones).toEqual({ keep: DAY / 12 });
  });

  it.each([
    ['{ keep: 5m }', 'tombstones.keep: must be at least 1h'],
    ['{ keep: 30 }', 'tombstones.keep: must be a duration with its unit'],
    ['{ keep: 4000d }', 'tombstones.keep: must be at most 3650d'],
    ['{ kept: 1d }', 'tombstones.kept: unknown key "kept"'],
  ])('%s is a mistake', (value, message) => {
    expect(mistakes(withTombstones(value)).join('\n')).toContain(message);
  });
});
