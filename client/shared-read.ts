/**
 * A read that many ask for at once: who asks while one is under way shares the next one, which begins after they asked,
 * so that nobody is told what was true before.
 */
export class SharedRead<T> {
  private readonly load: () => Promise<T>;
  private running: Promise<unknown> | null = null;
  private next: Promise<T> | null = null;

  constructor(load: () => Promise<T>) {
    this.load = load;
  }

  read(): Promise<T> {
    if (this.running === null) return this.start();
    this.next ??= this.running.then(() => {
      this.next = null;
      return this.start();
    });
    return this.next;
  }

  private start(): Promise<T> {
    const loading = this.load();
    const running = loading.then(
      () => {},
      () => {},
    );
    this.running = running;
    void running.then(() => {
      if (this.running === running) this.running = null;
    });
    return loading;
  }
}
