import { defineConfig } from 'vitest/config';

/** `npm run histories`: records the histories that the replay tests keep. Not part of the tests. */
export default defineConfig({
  test: {
    include: ['test/replay/record.ts'],
    globalSetup: ['test/support/environment/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
