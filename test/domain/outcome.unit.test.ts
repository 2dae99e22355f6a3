import { describe, expect, it } from 'vitest';
import { EXIT_CODES, type KindState, type Outcome, outcomeOf } from '../../domain/outcome.ts';

describe('2.5 the outcome of a run, by precedence', () => {
  const facts = { aborted: false, deletesUnconfirmed: false, deletesHeld: false };
  it.each<[string, Parameters<typeof outcomeOf>[0], Outcome]>([
    [
      'aborted wins over everything',
      { aborted: true, kinds: ['failed'], deletesUnconfirmed: true, deletesHeld: true },
      'aborted',
    ],
    ['no kind complete', { ...facts, kinds: ['failed', 'failed'] }, 'failed'],
    ['nothing could start', { ...facts, kinds: [] }, 'failed'],
    ['some kind failed', { ...facts, kinds: ['complete', 'failed'] }, 'incomplete'],
    [
      'a failed kind wins over held deletes',
      { ...facts, kinds: ['complete', 'failed'], deletesHeld: true },
      'incomplete',
    ],
    [
      'deletes not all confirmed',
      { ...facts, kinds: ['complete'], deletesUnconfirmed: true, deletesHeld: true },
      'incomplete',
    ],
    ['deletes wait', { ...facts, kinds: ['complete'], deletesHeld: true }, 'held'],
    ['all is well', { ...facts, kinds: ['complete', 'complete'] }, 'complete'],
  ])('%s', (_, given, outcome) => {
    expect(outcomeOf(given)).toBe(outcome);
  });

  it('only complete and aborted kinds apart, any unfinished state keeps a run from being complete', () => {
    for (const state of ['pending', 'running', 'failed', 'aborted'] satisfies KindState[]) {
      expect(outcomeOf({ ...facts, kinds: ['complete', state] })).toBe('incomplete');
    }
  });

  it('exit codes are those of the interface', () => {
    expect(EXIT_CODES).toEqual({ complete: 0, failed: 1, incomplete: 3, held: 4, aborted: 5 });
  });
});
