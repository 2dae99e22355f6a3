import { describe, expect, it } from 'vitest';
import { SharedRead } from '../../client/shared-read.ts';

describe('a read that many ask for', () => {
  it('begins at once, and again for all who ask meanwhile', async () => {
    let value = 0;
    let loads = 0;
    const open: (() => void)[] = [];
    const shared = new SharedRead(async () => {
      loads += 1;
      const read = value;
      await new Promise<void>((resolve) => open.push(resolve));
      return read;
    });
    const first = shared.read();
    value = 1;
    const others = Promise.all([shared.read(), shared.read(), shared.read()]);
    open.shift()?.();
    expect(await first).toBe(0);
    while (open.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    open.shift()?.();
    expect(await others).toEqual([1, 1, 1]);
    expect(loads).toBe(2);
  });

  it('that fails is told to those who asked for it, and the next one begins anew', async () => {
    let fails = true;
    const shared = new SharedRead(async () => {
      if (fails) throw new Error('no answer');
      return 'read';
    });
    const first = shared.read();
    fails = false;
    const second = shared.read();
    await expect(first).rejects.toThrow('no answer');
    expect(await second).toBe('read');
    expect(await shared.read()).toBe('read');
  });
});
