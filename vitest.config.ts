import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Two kinds of tests (house rule 11): `unit` needs nothing, `integration` the servers of its global set-up. */
export default defineConfig({
  // Listener modules import the program by its name.
  resolve: { alias: { tidemark: fileURLToPath(new URL('index.ts', import.meta.url)) } },
  test: {
    // Each worker may run a Temporal worker beside the two servers; more only gets in each other's way on two cores.
    maxWorkers: 2,
    minWorkers: 1,
    setupFiles: ['test/support/environment/end-with-parent.ts'],
    // The global set-up's end stops two servers.
    teardownTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.unit.test.ts'], testTimeout: 60_000, hookTimeout: 120_000 },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/**/*.integration.test.ts'],
          globalSetup: ['test/support/environment/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
