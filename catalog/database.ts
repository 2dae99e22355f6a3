import pg from 'pg';

/** Rows as plain objects; `int8` comes as a number, `timestamptz` as a Date. */
export type Row = Record<string, unknown>;

/** Runs one statement; `values` are its `$1…`. Throws what PostgreSQL says. */
export interface Queryable {
  query<T = Row>(text: string, values?: readonly unknown[]): Promise<T[]>;
}

export interface Database extends Queryable {
  /**
   * Runs `work` in a transaction: commits what it returns, rolls back what it throws. A statement may take
   * `STATEMENT_LIMIT_MS` and the client may be silent for `IDLE_LIMIT_MS` within it, so that a lost process holds
   * no lock for long (sync-semantics 5.1).
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const STATEMENT_LIMIT_MS = 60_000;
const IDLE_LIMIT_MS = 10_000;
/** A server that has vanished says nothing: then the client itself gives up. */
const SILENCE_LIMIT_MS = STATEMENT_LIMIT_MS + 10_000;

const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

export interface DatabaseOptions {
  readonly url: string;
  /** Connections at most. Default 10. */
  readonly poolSize?: number;
  /** Told of errors on idle connections; without a listener the server's stop would crash the process. */
  readonly onIdleError?: (error: Error) => void;
}

export function openDatabase({ url, poolSize = 10, onIdleError }: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    types,
    connectionTimeoutMillis: 10_000,
    query_timeout: SILENCE_LIMIT_MS,
    keepAlive: true,
    application_name: 'tidemark',
  });
  pool.on('error', (error) => onIdleError?.(error));
  const on = (client: pg.Pool | pg.PoolClient): Queryable => ({
    query: async <T>(text: string, values?: readonly unknown[]) =>
      (await client.query(text, values as unknown[])).rows as T[],
  });
  return {
    ...on(pool),
    async transaction(work) {
      const client = await pool.connect();
      // Without a listener a connection that the server ends in mid-transaction crashes the process.
      const lost = (): void => {};
      client.on('error', lost);
      let broken: Error | undefined;
      try {
        await client.query(
          `begin; set local statement_timeout = ${STATEMENT_LIMIT_MS}; set local idle_in_transaction_session_timeout = ${IDLE_LIMIT_MS}`,
        );
        const result = await work(on(client));
        await client.query('commit');
        return result;
      } catch (error) {
        if (isSilence(error)) broken = error;
        else {
          await client.query('rollback').catch((failure: Error) => {
            broken = failure;
          });
        }
        throw error;
      } finally {
        client.off('error', lost);
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}

/** What the client says when its time limit is reached; its connection is of no use any more. */
function isSilence(error: unknown): error is Error {
  return error instanceof Error && error.message === 'Query read timeout';
}
