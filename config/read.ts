import { open } from 'node:fs/promises';
import type { Configuration } from './configuration.ts';
import type { ConfigurationContext } from './definitions.ts';
import { loadConfiguration, located } from './load.ts';
import { ConfigurationError } from './problem.ts';
import { verify } from './verify.ts';

/** Bytes. A configuration is written by people; a larger file is another file. */
const MAX_BYTES = 5 * 1024 * 1024;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; name your configuration with --config',
  EACCES: 'may not be read by this user',
  EISDIR: 'is a directory; name the file in it with --config',
};

/**
 * Reads and checks a configuration file, and has sources check it by their own code. Throws `ConfigurationError`, also
 * when the file cannot be read.
 */
export async function readConfiguration(file: string, context: ConfigurationContext): Promise<Configuration> {
  const text = decoded(file, await bytesOf(file));
  const configuration = loadConfiguration({ file, text }, context);
  const findings = await verify(configuration, context);
  if (findings.length > 0) throw new ConfigurationError(located({ file, text }, findings));
  return configuration;
}

async function bytesOf(file: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    const handle = await open(file);
    // One byte more than allowed tells whether there is more, also for files that do not know their size.
    for await (const chunk of handle.createReadStream({ end: MAX_BYTES })) chunks.push(chunk as Buffer);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw refused(file, REASONS[code ?? ''] ?? `cannot be read (${code ?? 'unknown reason'})`);
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length > MAX_BYTES) throw refused(file, 'is larger than 5 MB; is it the configuration?');
  return bytes;
}

function decoded(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refused(file, 'is not UTF-8 text; save it as UTF-8');
  }
}

function refused(file: string, message: string): ConfigurationError {
  return new ConfigurationError([{ file, line: null, column: null, path: '', message }]);
}
