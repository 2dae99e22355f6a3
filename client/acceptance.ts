import type { Queryable } from '../catalog/database.ts';
import { acceptCalls, type InboxRow, type NewCall, toInboxRow } from '../catalog/inbox.ts';

/** Calls that one statement accepts, and characters of them. */
const MAX_CALLS = 200;
const MAX_LENGTH = 4_000_000;

interface Waiting {
  readonly row: InboxRow;
  readonly accepted: (id: string) => void;
  readonly refused: (error: unknown) => void;
}

/**
 * Accepts calls, at once where none is being accepted; what comes in meanwhile is accepted together. A commit costs the
 * disk as much for one as for hundreds.
 */
export class Acceptance {
  private readonly db: Queryable;
  private waiting: Waiting[] = [];
  private isRunning = false;

  constructor(db: Queryable) {
    this.db = db;
  }

  /** The call's id, once it is committed. Throws `UsageError` for what is nested too deeply to be written down. */
  async accept(call: NewCall): Promise<string> {
    const row = toInboxRow(call);
    return new Promise((accepted, refused) => {
      this.waiting.push({ row, accepted, refused });
      if (!this.isRunning) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) await this.acceptTogether(this.waiting.splice(0, this.batchSize()));
    this.isRunning = false;
  }

  private batchSize(): number {
    let length = 0;
    const end = this.waiting.findIndex(({ row }, index) => {
      length += row.call.length;
      return index === MAX_CALLS || (index > 0 && length > MAX_LENGTH);
    });
    return end === -1 ? this.waiting.length : end;
  }

  private async acceptTogether(batch: readonly Waiting[]): Promise<void> {
    try {
      const ids = await acceptCalls(
        this.db,
        batch.map(({ row }) => row),
      );
      for (const [index, { accepted }] of batch.entries()) accepted(ids[index] as string);
    } catch (error) {
      // One that cannot be accepted must not refuse the others.
      if (batch.length === 1) batch[0]?.refused(error);
      else for (const one of batch) await this.acceptTogether([one]);
    }
  }
}
