import { Gauge, Histogram, Registry } from 'prom-client';
import type { CatalogMetrics } from '../catalog/metrics.ts';

export interface RequestMeasure {
  readonly method: string;
  /** The route's pattern, so that ids make no new series. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** What Prometheus reads: the requests of this process, and the catalog's numbers as they are when it asks. */
export class ServerMetrics {
  private readonly registry = new Registry();
  private readonly requests: Histogram<'method' | 'route' | 'status'>;

  constructor() {
    this.requests = new Histogram({
      name: 'tidemark_http_request_duration_seconds',
      help: 'HTTP requests by method, route and status',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 600],
      registers: [this.registry],
    });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  request({ method, route, status, seconds }: RequestMeasure): void {
    this.requests.observe({ method, route, status: String(status) }, seconds);
  }

  /** Everything, in Prometheus's text format. */
  async text(catalog: CatalogMetrics): Promise<string> {
    const own = await this.registry.metrics();
    return `${await snapshot(catalog).metrics()}\n${own}`;
  }
}

/** The catalog's numbers. They are read anew each time, so that every server says the same, and restarts lose nothing. */
function snapshot({ runs, kinds, integrations }: CatalogMetrics): Registry {
  const registry = new Registry();
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Gauge<Label>({ name: `tidemark_${name}`, help, labelNames, registers: [registry] });

  const ended = gauge('runs', 'Runs that have ended, by outcome', ['integration', 'outcome']);
  const seconds = gauge('run_seconds', 'What these runs took together', ['integration', 'outcome']);
  for (const { integration, outcome, ...run } of runs) {
    ended.set({ integration, outcome }, run.runs);
    seconds.set({ integration, outcome }, run.seconds);
  }
  const rows = gauge('rows', 'What all runs did, by kind of count', ['integration', 'kind', 'count']);
  for (const { integration, kind, ...counts } of kinds) {
    for (const [count, value] of Object.entries(counts)) rows.set({ integration, kind, count }, value);
  }
  const of = ['integration'] as const;
  const running = gauge('running', '1 while a run goes on', of);
  const age = gauge('last_complete_run_age_seconds', 'Since the last complete resync of everything ended', of);
  const aborts = gauge('aborts_in_a_row', 'Resyncs in a row that newer triggers aborted', of);
  const plans = gauge('open_plans', 'Held deletes that wait for a decision', of);
  const quarantined = gauge('quarantined_records', 'Records that lie in quarantine', of);
  for (const { integration, ...now } of integrations) {
    running.set({ integration }, now.running ? 1 : 0);
    if (now.lastCompleteAge !== null) age.set({ integration }, now.lastCompleteAge);
    aborts.set({ integration }, now.abortsInARow);
    plans.set({ integration }, now.openPlans);
    quarantined.set({ integration }, now.quarantined);
  }
  return registry;
}
