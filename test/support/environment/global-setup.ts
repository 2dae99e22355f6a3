import type { TestProject } from 'vitest/node';
import { startTestServers } from './test-servers.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A PostgreSQL server of this test run, with the password of its owner; see `createTestDatabase`. */
    databaseServerUrl: string;
    /** A Temporal dev server of this test run, in memory. */
    temporalAddress: string;
    /** Its HTTP API: `http://127.0.0.1:7243`. */
    temporalHttpUrl: string;
  }
}

/**
 * Starts one PostgreSQL and one Temporal server for the whole run, if an integration test is among what is run. They
 * are the run's own even where DATABASE_URL or TEMPORAL_ADDRESS are set: tests never touch the user's servers.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const servers = await startTestServers((line) => console.error(line));
  project.provide('databaseServerUrl', servers.databaseServerUrl);
  project.provide('temporalAddress', servers.temporalAddress);
  project.provide('temporalHttpUrl', servers.temporalHttpUrl);
  return () => servers.stop();
}
