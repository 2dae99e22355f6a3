import { randomBytes } from 'node:crypto';

/** Milliseconds: a working day. */
const LIFETIME = 12 * 60 * 60 * 1000;

/** Only who has the token can make them; the oldest goes when there are more. */
const MOST = 1000;

/** Who has logged in to the page: random ids, kept in memory only, so that a restart logs everybody out. */
export class Sessions {
  private readonly expiries = new Map<string, number>();

  /** Seconds. */
  static readonly maxAge = LIFETIME / 1000;

  /** Returns the new session's id. */
  begin(): string {
    const id = randomBytes(32).toString('base64url');
    this.expiries.set(id, Date.now() + LIFETIME);
    const [oldest] = this.expiries.keys();
    if (this.expiries.size > MOST && oldest !== undefined) this.expiries.delete(oldest);
    return id;
  }

  holds(id: string): boolean {
    const expiry = this.expiries.get(id) ?? 0;
    if (expiry > Date.now()) return true;
    this.expiries.delete(id);
    return false;
  }

  end(id: string): void {
    this.expiries.delete(id);
  }
}
