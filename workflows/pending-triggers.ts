/** Triggers that were signalled and that this run does not cover: any of them aborts it. */
export class PendingTriggers {
  private readonly signalled = new Set<string>();
  private readonly covered = new Set<string>();

  signal(trigger: string): void {
    if (!this.covered.has(trigger)) this.signalled.add(trigger);
  }

  /** The run covers these: their signals, before or after, ask for nothing more. */
  cover(triggers: readonly string[]): void {
    for (const trigger of triggers) {
      this.covered.add(trigger);
      this.signalled.delete(trigger);
    }
  }

  get any(): boolean {
    return this.signalled.size > 0;
  }
}
