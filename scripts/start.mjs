/** `npm start`: sets up, then does what `tidemark dev` does, all in one process that gets the signals itself. */
import { fileURLToPath } from 'node:url';
import { SetupError, setUp } from './setup.mjs';

try {
  await setUp(fileURLToPath(new URL('..', import.meta.url)));
  const { runCli } = await import('./run-cli.mjs');
  process.exitCode = await runCli(['dev', ...process.argv.slice(2)]);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
