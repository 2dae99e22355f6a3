import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';

/** Brings the schema `tidemark` to this version; waits while another process does the same. */
export async function migrate(databaseUrl: string): Promise<void> {
  await runner({
    databaseUrl,
    dir: fileURLToPath(new URL('./migrations', import.meta.url)),
    direction: 'up',
    migrationsTable: 'migration',
    schema: 'tidemark',
    createSchema: true,
    advisoryLockMode: 'wait',
    log: () => {},
  });
}
