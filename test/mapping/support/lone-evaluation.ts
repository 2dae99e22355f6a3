import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Json } from '../../../domain/json.ts';
import type { Answer, Question } from './lone-process.ts';

const ENTRY = fileURLToPath(new URL('./lone-process.ts', import.meta.url));

/** Megabytes: what a hostile expression may take must fit beside a worker's own. */
const HEAP = 768;

/**
 * Evaluates expressions in a process of its own, which is killed when it does not answer: what would hang or kill the
 * process makes a test fail, and does not take the test run with it.
 */
export class LoneEvaluation {
  private child: ChildProcess | null = null;

  async evaluate(expression: string, input: Json, deadline: number): Promise<Exclude<Answer, { ready: true }>> {
    const child = this.child ?? (await this.start());
    const question: Question = { expression, input: JSON.stringify(input) };
    const ended = new AbortController();
    const died = (): void => ended.abort(new Error(`the process died of \`${expression}\``));
    const late = setTimeout(() => ended.abort(new Error(`\`${expression}\` did not end in ${deadline} ms`)), deadline);
    child.once('exit', died);
    try {
      child.send(question);
      const [answer] = await once(child, 'message', { signal: ended.signal });
      return answer;
    } catch {
      this.stop();
      throw ended.signal.reason;
    } finally {
      clearTimeout(late);
      child.off('exit', died);
    }
  }

  stop(): void {
    this.child?.kill('SIGKILL');
    this.child = null;
  }

  private async start(): Promise<ChildProcess> {
    const child = fork(ENTRY, { execArgv: ['--import', 'tsx', `--max-old-space-size=${HEAP}`] });
    this.child = child;
    await once(child, 'message');
    return child;
  }
}
