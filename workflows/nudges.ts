/**
 * Signals that a trigger was committed. They say only "look": what waits is known by the rows in the database. A signal
 * counts as looked at when a look that began after it has ended.
 */
export class Nudges {
  private received = 0;
  private lookedAt = 0;

  receive(): void {
    this.received += 1;
  }

  /** Whether there is a signal that nobody has looked at. */
  get waiting(): boolean {
    return this.lookedAt < this.received;
  }

  /** Looks; signals that come in meanwhile are not covered, and none is when the look fails. */
  async look<T>(lookUp: () => Promise<T>): Promise<T> {
    const until = this.received;
    const result = await lookUp();
    this.lookedAt = Math.max(this.lookedAt, until);
    return result;
  }
}
