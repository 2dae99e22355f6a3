import { describe, expect, it } from 'vitest';
import { Nudges } from '../../workflows/nudges.ts';

describe('4.1 4.2 signals of triggers', () => {
  it('wait until somebody has looked', async () => {
    const nudges = new Nudges();
    expect(nudges.waiting).toBe(false);
    nudges.receive();
    nudges.receive();
    expect(nudges.waiting).toBe(true);
    expect(await nudges.look(async () => 'seen')).toBe('seen');
    expect(nudges.waiting).toBe(false);
  });

  it('that come in during a look wait for the next', async () => {
    const nudges = new Nudges();
    nudges.receive();
    await nudges.look(async () => nudges.receive());
    expect(nudges.waiting).toBe(true);
  });

  it('wait on when the look fails', async () => {
    const nudges = new Nudges();
    nudges.receive();
    await expect(nudges.look(() => Promise.reject(new Error('cancelled')))).rejects.toThrow('cancelled');
    expect(nudges.waiting).toBe(true);
  });
});
