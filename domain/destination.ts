/** Names Tidemark's own catalog in claims. There is one, in the database that the claims lie in. */
export const CATALOG = 'catalog';

/** Whether entities of the destination have to be sent: what the database holds of it is what it is to hold. */
export const isRemote = (destination: string): boolean => destination !== CATALOG;

/**
 * The plan of entities that a remote destination holds under an integration's name and that nothing here knows
 * (sync-semantics 10). No kind is called so.
 */
export const UNKNOWN_ENTITIES = '(unknown)';
