/**
 * For statements about a few rows of large tables: each is found by an index, whatever PostgreSQL has come to believe of
 * tables that grow by the batch. Left to its estimates it reads all of a table every time. Until the transaction ends, or
 * `BY_HASH` takes over.
 */
export const BY_INDEX =
  'set local enable_nestloop = on; set local enable_seqscan = off; set local enable_hashjoin = off; set local enable_mergejoin = off';

/**
 * For statements that join the rows of a batch with each other: by hashes, where PostgreSQL would compare every row of a
 * batch with every other. Rows of the large tables are looked up one by one: the lateral subqueries cannot be planned any
 * other way.
 */
export const BY_HASH =
  'set local enable_nestloop = off; set local enable_seqscan = on; set local enable_hashjoin = on; set local enable_mergejoin = off';

/** As PostgreSQL estimates it: for what reads most of a table anyway. */
export const BY_COST =
  'set local enable_nestloop = on; set local enable_seqscan = on; set local enable_hashjoin = on; set local enable_mergejoin = on';
