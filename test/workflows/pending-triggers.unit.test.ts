import { describe, expect, it } from 'vitest';
import { PendingTriggers } from '../../workflows/pending-triggers.ts';

describe('4.1 4.2 pending triggers', () => {
  it('a trigger that the run covers aborts nothing, whether its signal came before or after the run began', () => {
    const pending = new PendingTriggers();
    pending.signal('early');
    pending.cover(['early', 'late']);
    pending.signal('late');
    expect(pending.any).toBe(false);
  });

  it('a trigger that the run does not cover does', () => {
    const pending = new PendingTriggers();
    pending.cover(['one']);
    pending.signal('two');
    expect(pending.any).toBe(true);
  });

  it('a trigger that was signalled while the run began, and is not covered, is kept', () => {
    const pending = new PendingTriggers();
    pending.signal('two');
    pending.cover(['one']);
    expect(pending.any).toBe(true);
  });
});
