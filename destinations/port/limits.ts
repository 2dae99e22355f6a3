import type { RemoteLimits } from '../remote/remote.ts';

/** Calls at a time with the same credentials. */
export const PARALLEL = 4;

/** What Port takes in one call (sync-semantics 10). */
export const PORT_LIMITS: RemoteLimits = {
  maxEntities: 20,
  // Of 1 MiB; the rest is for names and quotes around the fields.
  maxBytes: 900 * 1024,
  maxDeletes: 100,
  parallel: PARALLEL,
  callDeadline: 60_000,
};
