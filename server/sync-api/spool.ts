import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Bodies up to this size stay in memory. */
const IN_MEMORY = 1024 * 1024;

export interface SpooledBody {
  /** The body, from its beginning each time. */
  read(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Takes a body in before anything is done with it: who sends slowly then holds no transaction open. A large one goes to a
 * file that has no name any more, so that nothing is left of it when the process ends.
 */
export async function spool(body: AsyncIterable<Uint8Array>): Promise<SpooledBody> {
  const held: Uint8Array[] = [];
  let size = 0;
  const chunks = body[Symbol.asyncIterator]();
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    held.push(next.value);
    size += next.value.length;
    if (size > IN_MEMORY) return spoolToFile(held, chunks);
  }
  return {
    async *read() {
      yield* held;
    },
    close: async () => {},
  };
}

async function spoolToFile(held: readonly Uint8Array[], chunks: AsyncIterator<Uint8Array>): Promise<SpooledBody> {
  const name = path.join(tmpdir(), `tidemark-${randomUUID()}`);
  const file = await open(name, 'wx+', 0o600);
  try {
    await unlink(name);
    await file.appendFile(Buffer.concat(held));
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) await file.appendFile(next.value);
  } catch (error) {
    await file.close();
    throw error;
  }
  return { read: () => file.createReadStream({ start: 0, autoClose: false }), close: () => file.close() };
}
