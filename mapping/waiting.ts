/**
 * Work that waits only where it must: it yields the Promises that it needs, and is handed what they come to. Most records
 * need none, and a Promise for each step of each record costs more than mapping it.
 */
export type Waiting<T> = Generator<Promise<unknown>, T, unknown>;

/** Does the work: at once where it needs to wait for nothing, else a Promise of it. */
export function done<T>(work: Waiting<T>): T | Promise<T> {
  const step = work.next();
  return step.done ? step.value : rest(work, step.value);
}

async function rest<T>(work: Waiting<T>, first: Promise<unknown>): Promise<T> {
  for (let waitsFor = first; ; ) {
    const step = await waitsFor.then(
      (value) => work.next(value),
      (error) => work.throw(error),
    );
    if (step.done) return step.value;
    waitsFor = step.value;
  }
}

/** Waits for one Promise. */
export function* settled<T>(promise: Promise<T>): Waiting<T> {
  return (yield promise) as T;
}
