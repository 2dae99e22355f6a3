const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Resolves with the first SIGINT or SIGTERM. */
export function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.once(signal, resolve);
  });
}

/** A terminal's Ctrl-C reaches a process twice below npm, and impatient people press it again: stopping goes on. */
export function ignoreFurtherSignals(): void {
  for (const signal of SIGNALS) process.on(signal, () => {});
}
