import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { UnavailableError } from '../../domain/errors.ts';
import { identityOf, isRunning, type ProcessIdentity, parseIdentity } from './process-identity.ts';

/** Told in one line each what is being waited for; a person reads it. */
export type Log = (line: string) => void;

/** How to end a program: each signal in turn, with the milliseconds it has before the next one. */
export type StopSignals = readonly (readonly [signal: NodeJS.Signals, waitMs: number])[];

export interface ChildProcess {
  readonly pid: number;
  /** Settles when the process has ended, by itself or not, with how: `exit code 1`, `signal SIGKILL`. */
  readonly exited: Promise<string>;
  /** Ends the process and waits for it. Does nothing when it has ended already. */
  stop(): Promise<void>;
}

export interface ChildProcessOptions {
  /** Its name in messages. */
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Gets stdout and stderr; the log of the start before is kept beside it as `<logFile>.previous`. */
  readonly logFile: string;
  /** Names the process while it runs, so that a later start recognises it as a leftover of a killed one. */
  readonly recordFile: string;
  readonly stopSignals: StopSignals;
}

/**
 * Starts a program in a session of its own: Ctrl-C reaches the whole process group, and servers must outlive the
 * worker that is stopped before them. Should this process end without stopping it, the program gets its first stop
 * signal; if this process is killed, `stopLeftover` ends it at the next start. Throws `UnavailableError` when the
 * program cannot be run at all.
 */
export async function startChildProcess(options: ChildProcessOptions): Promise<ChildProcess> {
  const { name, command, env, cwd, uid, gid, logFile, recordFile, stopSignals } = options;
  const [program, ...args] = command;
  if (existsSync(logFile)) renameSync(logFile, `${logFile}.previous`);
  const output = openSync(logFile, 'a', 0o600);
  const child = spawn(program, args, { env, cwd, uid, gid, detached: true, stdio: ['ignore', output, output] });
  closeSync(output);

  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
  });
  const { pid } = child;
  if (pid === undefined) throw new UnavailableError(`${name} could not be started (${program}): ${await exited}`);
  // Nothing if it has ended already; then `exited` says how.
  const identity = identityOf(pid);
  if (identity) {
    writeFileSync(recordFile, JSON.stringify(identity), { mode: 0o600 });
    void exited.then(endWithThisProcess(identity, stopSignals));
  }
  return {
    pid,
    exited,
    async stop() {
      if (identity) await endProcess(identity, stopSignals);
      await exited;
      rmSync(recordFile, { force: true });
    },
  };
}

/**
 * Ends the process that `recordFile` names, if it still runs: it was left behind by a start that was killed. A
 * process that merely has the same pid is not touched.
 */
export async function stopLeftover(
  recordFile: string,
  { name, stopSignals, log }: { name: string; stopSignals: StopSignals; log: Log },
): Promise<void> {
  const identity = readRecord(recordFile);
  if (identity && isRunning(identity)) {
    log(`Stopping ${name} (pid ${identity.pid}), left running by a start that was killed …`);
    await endProcess(identity, stopSignals);
  }
  rmSync(recordFile, { force: true });
}

/** Sends the signals in turn until the process is gone. Throws `UnavailableError` when none of them ends it. */
export async function endProcess(identity: ProcessIdentity, stopSignals: StopSignals): Promise<void> {
  for (const [signal, waitMs] of stopSignals) {
    if (!isRunning(identity)) return;
    send(identity, signal);
    // A leftover is nobody's child here, so no event tells of its end.
    for (const end = Date.now() + waitMs; Date.now() < end && isRunning(identity); ) await delay(20);
  }
  if (isRunning(identity)) throw new UnavailableError(`Process ${identity.pid} does not end, not even by SIGKILL.`);
}

/** The end of a log file for an error text; says so when there is nothing in it. */
export function logTail(logFile: string, lines = 15): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n') || '(the log is empty)';
  } catch {
    return '(there is no log)';
  }
}

/** Sends a signal to a process that may end just now, and to what it has started: each has a session of its own. */
function send(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    process.kill(-identity.pid, signal);
  } catch (error) {
    if (!isRunning(identity)) return;
    throw new UnavailableError(`Process ${identity.pid} may not be stopped by this user: ${(error as Error).message}`);
  }
}

/** The process that a record names, whether it still runs or not; nothing if there is no record. */
export function readRecord(recordFile: string): ProcessIdentity | undefined {
  try {
    return parseIdentity(JSON.parse(readFileSync(recordFile, 'utf8')));
  } catch {
    // No record, or one that a crash cut off: then nothing here is provably ours.
    return undefined;
  }
}

/** The processes that still run, each with the signal it gets when this process ends without having stopped it. */
const running = new Map<ProcessIdentity, NodeJS.Signals>();

function endWithThisProcess(identity: ProcessIdentity, [first]: StopSignals): () => void {
  // First, because a later handler is not called where one before it exits again, as vitest's does.
  if (running.size === 0) process.prependOnceListener('exit', signalAll);
  running.set(identity, first?.[0] ?? 'SIGTERM');
  return () => {
    running.delete(identity);
    if (running.size === 0) process.off('exit', signalAll);
  };
}

function signalAll(): void {
  for (const [identity, signal] of running) if (isRunning(identity)) send(identity, signal);
}
