import { isGrpcServiceError } from '@temporalio/client';
import { UnavailableError } from '../domain/errors.ts';

/** What Node says of a connection that cannot be made or that breaks. */
const NETWORK = /^(ECONN|ENOTFOUND|EAI_|EPIPE|ETIMEDOUT|EHOST|ENET)/;

/**
 * What PostgreSQL says while it starts, stops or cannot take more connections (classes 08, 53 and 57P), when a statement
 * has waited as long as it may, for a lock above all, and when two transactions have locked each other out.
 */
const POSTGRESQL = /^(08...|53...|57P..|57014|40P01)$/;

/** What gRPC says of a server that does not answer, or not now: DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE. */
const GRPC: readonly number[] = [4, 8, 14];

/** The database's client has no codes of its own for these. */
const SILENCE = /Connection terminated|timeout exceeded when trying to connect|Query read timeout/;

/** Whether an error says that the database or Temporal does not answer, or not in time: trying again may help. */
export function isOutage(error: unknown): boolean {
  if (error instanceof UnavailableError) return true;
  if (!(error instanceof Error)) return false;
  if (isGrpcServiceError(error)) return GRPC.includes(error.code);
  if (isGrpcServiceError(error.cause)) return isOutage(error.cause);
  // A host with several addresses fails with an error for each.
  if (error instanceof AggregateError) return error.errors.some(isOutage);
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && (NETWORK.test(code) || POSTGRESQL.test(code))) return true;
  return SILENCE.test(error.message);
}
