import { describe, expect, it } from 'vitest';
import { Wakes } from '../../client/wakes.ts';

/** Sends what is to be sent when it is told so. */
function sender() {
  const sent: string[] = [];
  const open: (() => void)[] = [];
  const wakes = new Wakes((integration) => {
    sent.push(integration);
    return new Promise((resolve) => open.push(resolve));
  });
  return { sent, wakes, arrive: () => open.splice(0).forEach((resolve) => void resolve()) };
}

describe('wake-ups of inboxes', () => {
  it('are sent at once, each integration its own', async () => {
    const { sent, wakes, arrive } = sender();
    const both = Promise.all([wakes.wake('a'), wakes.wake('b')]);
    expect(sent).toEqual(['a', 'b']);
    arrive();
    await both;
    await wakes.settled();
    expect(sent).toEqual(['a', 'b']);
  });

  it('6.1 a commit while one is on its way gets another one after it, and hundreds share that', async () => {
    const { sent, wakes, arrive } = sender();
    const first = wakes.wake('a');
    await Promise.all(Array.from({ length: 300 }, () => wakes.wake('a')));
    expect(sent).toEqual(['a']);
    arrive();
    await first;
    const settled = wakes.settled();
    while (sent.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    arrive();
    await settled;
    expect(sent).toEqual(['a', 'a']);
  });

  it('tell who sends the first of a failure, and begin anew after it', async () => {
    let isUp = false;
    const wakes = new Wakes(async () => {
      if (!isUp) throw new Error('Temporal does not answer');
    });
    await expect(wakes.wake('a')).rejects.toThrow('does not answer');
    await wakes.settled();
    isUp = true;
    await expect(wakes.wake('a')).resolves.toBeUndefined();
    await wakes.settled();
  });
});
