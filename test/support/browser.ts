import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** The system's browser; `null`: there is none on the PATH. */
export const CHROMIUM = (process.env.PATH ?? '')
  .split(path.delimiter)
  .flatMap((folder) => ['chromium', 'chromium-browser'].map((name) => path.join(folder, name)))
  .find(isProgram);

/** It talks to nobody but the server under test. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts it without a window. */
export function startBrowser(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('there is no chromium on the PATH');
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS, headless: true });
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
