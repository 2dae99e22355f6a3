import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isRunning, ownIdentity, type ProcessIdentity, parseIdentity } from './process-identity.ts';

/** Where the parts of a running `tidemark dev` are to be found. */
export interface DevAddresses {
  /** With its password. */
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly temporalUiUrl: string;
  readonly taskQueue: string;
}

/** The addresses and the `tidemark dev` that they belong to. */
export type DevEnvironment = DevAddresses & ProcessIdentity;

/** Writes `dev.json` for the other commands, readable by this user only, as belonging to this process. */
export function writeDevEnvironment(directory: string, addresses: DevAddresses): void {
  const file = fileIn(directory);
  const draft = `${file}.${process.pid}`;
  const environment: DevEnvironment = { ...ownIdentity(), ...addresses };
  writeFileSync(draft, `${JSON.stringify(environment, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** The environment that runs on this folder now; nothing if none does, also when one was killed. */
export function readDevEnvironment(directory: string): DevEnvironment | undefined {
  try {
    const environment = JSON.parse(readFileSync(fileIn(directory), 'utf8')) as DevEnvironment;
    const identity = parseIdentity(environment);
    return identity && isRunning(identity) ? environment : undefined;
  } catch {
    return undefined;
  }
}

/** Takes `dev.json` away. */
export function removeDevEnvironment(directory: string): void {
  rmSync(fileIn(directory), { force: true });
}

const fileIn = (directory: string): string => path.join(directory, 'dev.json');
