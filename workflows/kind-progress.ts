import type { UpsertCounts } from '../domain/run.ts';
import type { KindReading } from './messages.ts';

/** What a kind's workflow has done so far; carried along when it continues as new. */
export class KindProgress {
  private reading: KindReading;

  constructor(reading: KindReading | null, resource: string) {
    this.reading = reading ?? {
      resource,
      pages: 0,
      read: 0,
      created: 0,
      updated: 0,
      unchanged: 0,
      quarantined: 0,
    };
  }

  get report(): KindReading {
    return this.reading;
  }

  get pages(): number {
    return this.reading.pages;
  }

  resource(resource: string): void {
    this.reading = { ...this.reading, resource };
  }

  fetched({ pages, rows }: { pages: number; rows: number }): void {
    this.reading = { ...this.reading, pages: this.reading.pages + pages, read: this.reading.read + rows };
  }

  written(counts: UpsertCounts, quarantined: number): void {
    const { created, updated, unchanged } = this.reading;
    this.reading = {
      ...this.reading,
      created: created + counts.created,
      updated: updated + counts.updated,
      unchanged: unchanged + counts.unchanged,
      quarantined: this.reading.quarantined + quarantined,
    };
  }

  /** A short table for people who watch, totals first. */
  details(state: string): string {
    const { resource, pages, read, created, updated, unchanged, quarantined } = this.reading;
    return [
      `**${state}**: ${read} read in ${pages} pages, ${created} created, ${updated} updated, ${unchanged} unchanged` +
        (quarantined > 0 ? `, ${quarantined} in quarantine` : ''),
      '',
      `Resource: \`${resource}\``,
    ].join('\n');
  }
}
