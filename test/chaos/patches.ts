/** A change of one module's text, made while a worker process loads it; `find` must be there exactly once. */
export interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Shorter pauses, so that a scenario takes a second: between tries of a request, and until a killed worker is missed. */
export const HURRY: readonly Patch[] = [
  {
    file: 'sources/http-client/client.ts',
    find: 'options.retryDelay ?? 1000',
    replace: 'options.retryDelay ?? 10',
  },
  {
    file: 'workers/worker.ts',
    find: 'maxCachedWorkflows: 100,',
    replace: "maxCachedWorkflows: 100, stickyQueueScheduleToStartTimeout: '2 seconds',",
  },
  {
    file: 'workers/workflow-bundle.ts',
    find: "return { code: await readFile(file, 'utf8') };",
    replace: `const whole = await readFile(file, 'utf8');
    const code = whole.replace("heartbeatTimeout: '10 seconds'", "heartbeatTimeout: '4 seconds'");
    if (code === whole) throw new Error('the workflow bundle does not hold the heartbeat time-out that is to be shortened');
    return { code };`,
  },
];

const UNSEEN = 'c.seen_epoch < r.epoch and c.observed_at < r.started_at';
const SEEN_NOW = 'c.seen_epoch <= r.epoch';

/** Mistakes that the test must find, each planted in the product's text. */
export const PLANTED = {
  'no epoch check': [
    {
      file: 'catalog/fence.ts',
      find: 'if (row?.epoch === run.epoch && !row.ended) return work(tx);',
      replace: 'return work(tx);',
    },
  ],
  'a short read taken as complete': [
    { file: 'activities/fetch.ts', find: 'batch.failure = result;', replace: 'batch.next = null;' },
  ],
  // `<=` alone changes nothing: whatever a run has seen it has observed since it began, so the second half of the
  // condition holds it back as well. The mistake is planted where it can do harm: as the only condition.
  '<= for < in the comparison of epochs': [
    { file: 'catalog/stale.ts', find: UNSEEN, replace: SEEN_NOW },
    { file: 'catalog/delete-phase.ts', find: UNSEEN, replace: SEEN_NOW },
  ],
} as const satisfies Record<string, readonly Patch[]>;
