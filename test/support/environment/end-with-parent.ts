/**
 * Run in every test worker: ends it when vitest itself is gone, killed or interrupted. Otherwise a worker whose test
 * still waits goes on for ever, at full speed, trying to report to nobody. By a signal, because in a worker
 * `process.exit` only throws.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
