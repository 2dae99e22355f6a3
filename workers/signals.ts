/** Ctrl-C, a process manager's end, and a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Resolves with the first signal to stop. Further ones change nothing: below npm a terminal's Ctrl-C arrives twice,
 * and impatient people press it again. The handlers stay: without one, other packages' handlers end the process.
 */
export function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.on(signal, resolve);
  });
}
