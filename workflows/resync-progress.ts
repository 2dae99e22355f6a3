import type { RunPlan } from '../activities/run.ts';
import type { KindState, Outcome } from '../domain/outcome.ts';
import type { KindProgressReport, KindReading, ResyncProgress } from './messages.ts';

/** Where a resync is, for the query and for people who watch in the Temporal UI. */
export class ResyncProgressRecord {
  private run: string | null = null;
  private phase: ResyncProgress['phase'] = 'starting';
  private kinds: KindProgressReport[] = [];

  get report(): ResyncProgress {
    return { run: this.run, phase: this.phase, kinds: this.kinds };
  }

  get states(): readonly KindState[] {
    return this.kinds.map((kind) => kind.state);
  }

  begun({ run, kinds }: RunPlan): void {
    this.run = run.runId;
    this.phase = 'reading';
    this.kinds = kinds.map(({ kind }) => ({ kind, state: 'pending', note: '' }));
  }

  enter(phase: ResyncProgress['phase']): void {
    this.phase = phase;
  }

  kind(kind: string, state: KindState, note: string): void {
    this.kinds = this.kinds.map((known) => (known.kind === kind ? { kind, state, note } : known));
  }

  complete(kind: string, { read, created, updated, unchanged }: KindReading): void {
    this.kind(kind, 'complete', `${read} read, ${created} created, ${updated} updated, ${unchanged} unchanged`);
  }

  note(kind: string, addition: string): void {
    this.kinds = this.kinds.map((known) =>
      known.kind === kind ? { ...known, note: known.note ? `${known.note}, ${addition}` : addition } : known,
    );
  }

  /** A short table, totals first. */
  details(outcome: Outcome | 'running', reason: string | null): string {
    const count = (state: KindState): number => this.states.filter((known) => known === state).length;
    const parts = (['complete', 'running', 'pending', 'failed'] as const)
      .filter((state) => count(state) > 0)
      .map((state) => `${count(state)} ${state}`);
    return [
      `**${outcome}**${outcome === 'running' ? ` (${this.phase})` : ''}: ${parts.join(', ') || 'no kinds'}`,
      ...(reason ? ['', reason] : []),
      '',
      '| kind | state | |',
      '| --- | --- | --- |',
      ...this.kinds.map(({ kind, state, note }) => `| ${kind} | ${state} | ${note.replaceAll('|', '\\|')} |`),
    ].join('\n');
  }
}
