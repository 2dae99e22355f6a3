import { describe, expect, it } from 'vitest';
import { HandOver } from '../../activities/hand-over.ts';

const page = (bytes: number, jsonBytes = 0) => ({
  ...{ observedAt: '2026-01-01 00:00:00+00', gone: [] },
  ...{ body: Buffer.alloc(bytes), json: Buffer.alloc(jsonBytes) },
});

describe('pages that the same process is to map', () => {
  it('5.2 are handed out once, and only those of the attempt that is named', () => {
    const handOver = new HandOver();
    const pages = [page(1), page(2)];
    handOver.put('one', pages);
    handOver.put('two', [page(3)]);
    expect(handOver.take('one')).toBe(pages);
    expect(handOver.take('one')).toBeNull();
    expect(handOver.take('three')).toBeNull();
    expect(handOver.take('two')).toHaveLength(1);
  });

  it('take a bounded amount of memory: the oldest make room, and are read from the staging tables', () => {
    const handOver = new HandOver();
    const large = 15 * 1024 * 1024;
    for (const attempt of ['one', 'two', 'three']) handOver.put(attempt, [page(large)]);
    expect(handOver.take('one')).toBeNull();
    expect(handOver.take('two')).not.toBeNull();
    expect(handOver.take('three')).not.toBeNull();
    handOver.put('huge', [page(3 * large)]);
    expect(handOver.take('huge')).toBeNull();
  });

  it('are handed out as they were before they were packed, as long as there is room for that', () => {
    const handOver = new HandOver();
    const large = 7 * 1024 * 1024;
    for (const attempt of ['one', 'two', 'three']) handOver.put(attempt, [page(1, large)]);
    expect(handOver.take('one')).toEqual([{ observedAt: '2026-01-01 00:00:00+00', body: Buffer.alloc(1), gone: [] }]);
    expect(handOver.take('two')?.[0]?.json).toHaveLength(large);
    handOver.put('four', [page(1, large)]);
    expect(handOver.take('three')?.[0]?.json).toHaveLength(large);
    expect(handOver.take('four')?.[0]?.json).toHaveLength(large);
  });
});
