/**
 * `npm test`: sets up, runs vitest with the given arguments in this process, and ends, whatever happens, with the
 * line `N passed, N failed` (`, N skipped`). The exit code is 0 only if something ran and nothing failed.
 */
import { fileURLToPath } from 'node:url';
import { SetupError, setUp } from './setup.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Set once vitest has begun. */
let vitest;
let ended = false;

// Before vitest adds its own handler, which exits again without calling those behind it.
process.once('exit', (code) => {
  const counts = countTests();
  if (!ended) console.error('\nThe run broke off before its end.');
  else if (counts.passed + counts.failed === 0) console.error('\nNo test ran.');
  const good = ended && code === 0 && counts.passed > 0 && counts.failed === 0;
  if (!good) {
    counts.failed = Math.max(counts.failed, 1);
    process.exitCode = code || 1;
  }
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
  console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
});

try {
  await setUp(root);
  // As vitest's own command line does.
  Object.assign(process.env, { TEST: 'true', VITEST: 'true', NODE_ENV: process.env.NODE_ENV ?? 'test' });
  const { createVitest, parseCLI } = await import('vitest/node');
  const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
  vitest = await createVitest('test', { root, ...options, watch: false });
  try {
    await vitest.start(filter);
  } finally {
    await vitest.close();
  }
  ended = true;
} catch (error) {
  // Vitest has said already where it looked for files.
  if (error.code === 'VITEST_FILES_NOT_FOUND') ended = true;
  else console.error(error instanceof SetupError ? error.message : error);
  process.exitCode = 1;
}
// A test may have left something open; that must not keep the run from ending.
process.exit();

function countTests() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  if (!vitest) return counts;
  for (const module of vitest.state.getTestModules()) {
    const states = [...module.children.allTests()].map((test) => test.result().state);
    counts.passed += states.filter((state) => state === 'passed').length;
    counts.skipped += states.filter((state) => state === 'skipped').length;
    counts.failed += states.filter((state) => state === 'failed').length;
    // A file that cannot be loaded and a group whose hooks throw fail without any failed test.
    counts.failed += [module, ...module.children.allSuites()].filter((group) => group.errors().length > 0).length;
  }
  counts.failed += vitest.state.getUnhandledErrors().length;
  return counts;
}
