import { createLogUpdate } from 'log-update';
import type { RunReport } from '../domain/run.ts';
import { indent, kindTable, runText, seconds } from './report.ts';

/** Shows a run while it goes on, and how it ended. */
export interface ProgressView {
  update(run: RunReport): void;
  end(run: RunReport): void;
}

/** A live table on a terminal; plain lines, one for each change of a kind's state, when piped. */
export function progressView(out: NodeJS.WriteStream): ProgressView {
  return out.isTTY ? liveTable(out) : plainLines(out);
}

function liveTable(out: NodeJS.WriteStream): ProgressView {
  const live = createLogUpdate(out);
  return {
    update(run) {
      live(`${run.integration}: ${run.outcome} (run ${run.run}, ${seconds(run)})\n${indent(kindTable(run.kinds))}`);
    },
    end(run) {
      live(runText(run));
      live.done();
    },
  };
}

function plainLines(out: NodeJS.WriteStream): ProgressView {
  const said = new Set<string>();
  const say = (key: string, text: string): void => {
    if (said.has(key)) return;
    said.add(key);
    out.write(`${text}\n`);
  };
  return {
    update(run) {
      say(run.run, `${run.integration}: run ${run.run} began`);
      for (const { kind, state, read } of run.kinds) {
        if (state !== 'pending')
          say(`${run.run} ${kind} ${state}`, `${kind}: ${state}${state === 'running' ? '' : `, ${read} read`}`);
      }
      if (run.outcome === 'aborted')
        say(`${run.run} aborted`, `${run.integration}: run ${run.run} aborted: ${run.reason}`);
    },
    end(run) {
      out.write(`${runText(run)}\n`);
    },
  };
}
