import type { RunPlan } from '../activities/run.ts';
import type { KindState, Outcome } from '../domain/outcome.ts';
import type { KindProgressReport, KindReading, ResyncProgress } from './messages.ts';

const COUNTED = ['read', 'created', 'updated', 'unchanged'] as const;

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
    this.kinds = kinds.map(({ kind }) => ({ kind, state: 'pending', counts: null, deleted: 0, note: '' }));
  }

  enter(phase: ResyncProgress['phase']): void {
    this.phase = phase;
  }

  running(kind: string): void {
    this.change(kind, { state: 'running' });
  }

  complete(kind: string, counts: KindReading): void {
    this.change(kind, { state: 'complete', counts });
  }

  failed(kind: string, note: string): void {
    this.change(kind, { state: 'failed', note });
  }

  deleted(kind: string, deleted: number, held: string | null): void {
    this.change(kind, { deleted, note: held ?? '' });
  }

  /** What a plan that was approved has deleted of a kind. */
  applied(kind: string, deleted: number): void {
    this.kinds = [{ kind, state: 'complete', counts: null, deleted, note: '' }];
  }

  /** A short table, totals first. */
  details(outcome: Outcome | 'running', remarks: string | null): string {
    const total = (column: (typeof COUNTED)[number]): number =>
      this.kinds.reduce((sum, { counts }) => sum + (counts?.[column] ?? 0), 0);
    const deleted = this.kinds.reduce((sum, kind) => sum + kind.deleted, 0);
    const state = outcome === 'running' ? `running (${this.phase})` : outcome;
    return [
      `**${state}**, ${COUNTED.map((column) => `${total(column)} ${column}`).join(', ')}, ${deleted} deleted`,
      ...(remarks ? ['', remarks] : []),
      '',
      `| kind | state | ${COUNTED.join(' | ')} | deleted | |`,
      '| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |',
      ...this.kinds.map(row),
    ].join('\n');
  }

  private change(kind: string, change: Partial<KindProgressReport>): void {
    this.kinds = this.kinds.map((known) => (known.kind === kind ? { ...known, ...change } : known));
  }
}

function row({ kind, state, counts, deleted, note }: KindProgressReport): string {
  const numbers = [...COUNTED.map((column) => counts?.[column] ?? ''), deleted];
  return `| ${[kind, state, ...numbers, note.replaceAll('|', '\\|').replaceAll('\n', ' ')].join(' | ')} |`;
}
