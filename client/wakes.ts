import { setTimeout } from 'node:timers/promises';

/** Milliseconds between two wake-ups of one integration: what was committed in between shares the second. */
const GAP_MS = 50;

/**
 * Wakes inboxes, each at once, and then no more often than so: a signal for every one of hundreds of events a second
 * would cost Temporal more than applying them does.
 */
export class Wakes {
  private readonly send: (integration: string) => Promise<void>;
  /** Integrations that were woken a moment ago: whether they are to be woken again. */
  private readonly recent = new Map<string, { again: boolean }>();
  private readonly trailing = new Set<Promise<void>>();

  constructor(send: (integration: string) => Promise<void>) {
    this.send = send;
  }

  /**
   * To be called after the commit. Where the inbox was woken a moment ago this does not wait for the next wake-up: one
   * that fails, or is lost with this process, is made up for by `recoverForgottenCalls`.
   */
  async wake(integration: string): Promise<void> {
    const recent = this.recent.get(integration);
    if (recent) {
      recent.again = true;
      return;
    }
    const state = { again: false };
    this.recent.set(integration, state);
    const sent = this.send(integration);
    const trailing = this.trail(integration, { state, sent }).finally(() => this.trailing.delete(trailing));
    this.trailing.add(trailing);
    await sent;
  }

  /** Resolves when nothing is left to be sent. */
  async settled(): Promise<void> {
    await Promise.all(this.trailing);
  }

  private async trail(
    integration: string,
    { state, sent }: { state: { again: boolean }; sent: Promise<void> },
  ): Promise<void> {
    await sent.catch(() => {});
    for (;;) {
      await setTimeout(GAP_MS);
      if (!state.again) break;
      state.again = false;
      await this.send(integration).catch(() => {});
    }
    this.recent.delete(integration);
  }
}
