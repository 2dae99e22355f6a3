import { once } from 'node:events';

/** Where a command writes: with `--json` one document on stdout, otherwise text. Everything else goes to stderr. */
export class Output {
  readonly json: boolean;

  constructor(json: boolean) {
    this.json = json;
  }

  /** The command's answer: the value with `--json`, otherwise the text. */
  answer(value: unknown, text: () => string): void {
    process.stdout.write(this.json ? `${JSON.stringify(value, null, 2)}\n` : `${text()}\n`);
  }

  /** What is going on; never part of the answer. */
  note(message: string): void {
    process.stderr.write(`${message}\n`);
  }
}

/** Writes values as lines of JSON, as fast as they are read; ends when the reader has had enough (`| head`). */
export async function writeLines(values: AsyncIterable<unknown>): Promise<void> {
  const { stdout } = process;
  const drained = (): Promise<unknown> => new Promise((resolve) => stdout.once('drain', resolve));
  const closed = once(stdout, 'error').then(([error]) => {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  });
  for await (const value of values) {
    if (stdout.errored) break;
    if (!stdout.write(`${JSON.stringify(value)}\n`)) await Promise.race([drained(), closed]);
  }
}
