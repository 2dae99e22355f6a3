import { register as registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Runs the command line in this process, which thereby is the one that gets the signals, and returns its exit code.
 * TypeScript, also that of the user's listener modules, is translated by tsx while it is loaded; stack traces show
 * the lines as they were written.
 */
export async function runCli(args) {
  try {
    const { register: registerImport } = await import('tsx/esm/api');
    process.setSourceMapsEnabled(true);
    // This project's settings, whatever lies in the folder in which the user happens to be.
    registerImport({ tsconfig: fileURLToPath(new URL('../tsconfig.json', import.meta.url)) });
    registerHooks('./resolve-tidemark.mjs', import.meta.url);
    const { main } = await import('../cli/main.ts');
    return await main(args);
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND' || !/^Cannot find package/.test(error.message)) throw error;
    console.error(
      `${error.message.split(' imported from')[0]}: Tidemark's dependencies are not installed. ` +
        `Run \`npm start\` (which installs them) or \`npm ci\` in ${fileURLToPath(new URL('..', import.meta.url))}`,
    );
    return 1;
  }
}
