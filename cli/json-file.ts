import { readFile } from 'node:fs/promises';
import { UsageError } from '../domain/errors.ts';

/** What a JSON file holds. `what` names its part in the command, for the error. Throws `UsageError`. */
export async function readJsonFile(file: string, what: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`the ${what} ${file} cannot be read: ${error.message}`);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`the ${what} ${file} is not JSON: ${(error as Error).message}`);
  }
}
