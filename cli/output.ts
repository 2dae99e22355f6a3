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
