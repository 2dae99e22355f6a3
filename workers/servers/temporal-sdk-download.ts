/**
 * A program of its own, run by `downloadTemporal`: lets the Temporal SDK download the `temporal` program into the
 * folder that is the first argument, in the version that is the second. The SDK starts what it has downloaded; it is
 * stopped at once.
 */
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [downloadDir, version] = process.argv.slice(2);
try {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir, version } },
  });
  await environment.teardown();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
