import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CLIENT_ID, CLIENT_SECRET } from '../test/support/port/server.ts';

/** Calls for entities that Port has had so far. */
export interface PortCalls {
  readonly upserts: number;
  readonly deletes: number;
}

export interface PortProcess {
  /** The key `destination:` of the configuration. */
  readonly destination: Readonly<Record<string, unknown>>;
  calls(): Promise<PortCalls>;
  stop(): Promise<void>;
}

const destinationAt = (baseUrl: string) => ({
  type: 'port',
  baseUrl,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  merge: true,
  createMissingRelatedEntities: true,
});

/** Starts a server like Port's in a process of its own, so that its CPU time is not counted as the worker's. */
export async function startPort(): Promise<PortProcess> {
  const child = fork(fileURLToPath(new URL('./port-process.ts', import.meta.url)));
  const exited = once(child, 'exit');
  const answer = async <T>(): Promise<T> => {
    const lost = exited.then(() => Promise.reject(new Error('the server like Port ended by itself')));
    return Promise.race([once(child, 'message').then(([message]) => message as T), lost]);
  };
  return {
    destination: destinationAt(await answer<string>()),
    calls() {
      child.send('calls');
      return answer<PortCalls>();
    },
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

/** A server that somebody else has started; what it was asked for is its own to say. */
export function portAt(baseUrl: string): PortProcess {
  return {
    destination: destinationAt(baseUrl),
    calls: async () => ({ upserts: 0, deletes: 0 }),
    stop: async () => {},
  };
}
