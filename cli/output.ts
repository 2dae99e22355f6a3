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
  let broken: NodeJS.ErrnoException | null = null;
  let wake = (): void => {};
  // Each write to a closed pipe says so again.
  stdout.on('error', (error) => {
    broken = error;
    wake();
  });
  stdout.on('drain', () => wake());
  for await (const value of values) {
    const isTaken = stdout.write(`${JSON.stringify(value)}\n`);
    if (!isTaken && broken === null) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    if (broken !== null) break;
  }
  const failure = broken as NodeJS.ErrnoException | null;
  if (failure !== null && failure.code !== 'EPIPE') throw failure;
}
