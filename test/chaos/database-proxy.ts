import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What each transaction of a run begins with. */
const FENCE = Buffer.from("set_config('tidemark.run'");

/** Waits as long as a statement is to be held; nothing returned: it goes through at once. */
export type Hold = () => Promise<void> | undefined;

/**
 * Stands between workers and PostgreSQL: so a run's transaction can be held on its way, and PostgreSQL come back on
 * another port. Whatever is held longer than PostgreSQL allows a transaction to idle is lost, as on a real network.
 */
export class DatabaseProxy {
  /** By integration: asked for each fence of its runs. */
  readonly holds = new Map<string, Hold>();
  private readonly target: () => number;
  private readonly server = createServer({ pauseOnConnect: true }, (client) => this.join(client));
  private readonly sockets = new Set<Socket>();

  private constructor(target: () => number) {
    this.target = target;
  }

  /** `target`: PostgreSQL's port as it is at the moment. */
  static async start(target: () => number): Promise<DatabaseProxy> {
    const proxy = new DatabaseProxy(target);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  private join(client: Socket): void {
    const upstream = connect(this.target(), '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
    upstream.pipe(client);
    client.on('data', (chunk: Buffer) => {
      const held = this.holdOf(chunk);
      if (!held) return void upstream.write(chunk);
      client.pause();
      void held.then(() => {
        upstream.write(chunk);
        client.resume();
      });
    });
    client.resume();
  }

  private holdOf(chunk: Buffer): Promise<void> | undefined {
    if (this.holds.size === 0 || !chunk.includes(FENCE)) return undefined;
    for (const [integration, hold] of this.holds) if (chunk.includes(`${integration}.`)) return hold();
    return undefined;
  }
}
