import { createServer, type Server } from 'node:net';

/**
 * Free TCP ports on 127.0.0.1, one for each entry: the preferred one where nothing listens there, otherwise (or for
 * `undefined`) one that the system picks. All are held until the last is found, so they differ. Another process may
 * still take one before it is used: who listens must be ready to ask again.
 */
export async function freePorts<const T extends readonly (number | undefined)[]>(
  preferred: T,
): Promise<{ [K in keyof T]: number }> {
  const held: Server[] = [];
  try {
    for (const port of preferred) held.push((port && (await hold(port))) || (await holdAny()));
    return held.map(portOf) as { [K in keyof T]: number };
  } finally {
    await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))));
  }
}

async function holdAny(): Promise<Server> {
  const server = await hold(0);
  if (!server) throw new Error('No free TCP port on 127.0.0.1');
  return server;
}

function hold(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server without a port');
  return address.port;
}
