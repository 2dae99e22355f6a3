import { connect, createServer, type Socket } from 'node:net';

export interface Breakable {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** Ends all connections and takes no more. */
  cut(): Promise<void>;
}

/** Passes connections on to another server, until it is cut: then that server seems to be gone. */
export async function breakable(target: { host: string; port: number }): Promise<Breakable> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    address: `127.0.0.1:${port}`,
    async cut() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
