import { Client, Connection } from '@temporalio/client';
import { afterEach, describe, expect, it } from 'vitest';
import { durationOf, type RunReport } from '../../domain/run.ts';
import { generated } from '../../examples/github-server/generated.ts';
import { Rig, until } from '../support/rig.ts';

describe('4.4 triggers that come faster than a run can end', () => {
  let rig: Rig | undefined;
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });

  /** Requests that a run makes: one for the organization, six for its repositories. */
  const REQUESTS = 7;

  async function start(starvationGuard: number): Promise<Rig> {
    const source = generated({ organizations: 1, repositories: 600, pullRequests: 0, repositoriesWithPulls: 0 });
    const { store, organizations } = source;
    rig = await Rig.start({ store, organizations, settings: { starvationGuard }, resources: { 'pull-request': null } });
    return rig;
  }

  /** Triggers again and again, each time when the source has answered half of what a run asks. */
  async function triggerTooOften(rig: Rig, { rounds, guard }: { rounds: number; guard: number }): Promise<string[]> {
    rig.intercept = async () => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      return undefined;
    };
    const triggers: string[] = [];
    for (let round = 0; round < rounds; round++) {
      const trigger = await rig.client.resync(rig.integration, { origin: 'sdk' });
      triggers.push(trigger);
      await until(() => isKnown(rig, { trigger, guard }));
      const asked = rig.server.requests.length;
      await until(() => rig.server.requests.length >= asked + Math.floor(REQUESTS / 2));
    }
    return triggers;
  }

  /** A run covers it, or one that may finish lets it wait. */
  async function isKnown(rig: Rig, { trigger, guard }: { trigger: string; guard: number }): Promise<boolean> {
    const known = await rig.db.query(
      `select from tidemark.trigger t left join tidemark.run r on r.id = t.noticed_by
        where t.id = $1 and (t.run_id is not null or $2 > 0 and r.aborts_before >= $2)`,
      [trigger, guard],
    );
    return known.length > 0;
  }

  const warned = ({ warnings }: RunReport): boolean => warnings.length > 0;

  it('4.4 S1.32 starvationGuard: at the latest the sixth run in a row is complete; triggers wait behind it', async () => {
    const rig = await start(5);
    const triggers = await triggerTooOften(rig, { rounds: 20, guard: 5 });
    const covering = await Promise.all(triggers.map((trigger) => rig.client.followTrigger(trigger)));
    expect(new Set(covering.map(({ outcome }) => outcome))).toEqual(new Set(['complete']));
    const runs = await rig.runs();
    const outcomes = runs.map(({ outcome }) => outcome);
    expect(outcomes.join(' ')).not.toMatch(/(aborted ?){6}/);
    expect(outcomes.filter((outcome) => outcome === 'complete').length).toBeGreaterThanOrEqual(2);
    expect(runs.at(-1)?.outcome).toBe('complete');

    const guarded = runs.find(({ outcome }) => outcome === 'complete') as RunReport;
    expect(outcomes.indexOf('complete')).toBe(5);
    expect(guarded.warnings).toEqual([
      expect.stringMatching(/^5 resyncs in a row .* no run has been complete yet; this run is allowed to finish/),
    ]);
    // What came while it read waited, and the next runs cover it: a run begins after every trigger that it covers.
    const committed = await rig.db.query<{ trigger: string; run: string; before: boolean }>(
      `select t.id::text as trigger, r.id as run, t.created_at < r.started_at as before
         from tidemark.trigger t join tidemark.run r on r.id = t.run_id`,
    );
    expect(committed.filter(({ before }) => !before)).toEqual([]);
    expect(committed.some(({ run }) => run === guarded.run)).toBe(true);
    expect(committed.some(({ run }) => run !== guarded.run)).toBe(true);
  });

  it('4.4 S1.9 without the guard the warning after three aborts names the interval and how long a run takes', async () => {
    const rig = await start(0);
    const complete = await rig.resync();
    const triggers = await triggerTooOften(rig, { rounds: 8, guard: 0 });
    const last = await rig.client.followTrigger(String(triggers.at(-1)));
    const runs = await rig.runs();
    expect(runs.map(({ outcome }) => outcome)).toEqual(['complete', ...Array(7).fill('aborted'), 'complete']);
    expect(runs.map(warned)).toEqual([...Array(4).fill(false), ...Array(5).fill(true)]);

    const variable = `TIDEMARK__${rig.integration.toUpperCase().replaceAll('-', '_')}__SCHEDULED_RESYNC_INTERVAL`;
    const warning =
      `7 resyncs in a row were aborted by newer triggers, and the last complete run took ${durationOf(complete)} s. ` +
      `Trigger less often: lengthen scheduledResyncInterval (${variable}); 2h is nearly always enough`;
    expect(last.warnings).toEqual([warning]);
    expect(rig.lines).toContain(`${rig.integration}: ${warning}`);
    const connection = await Connection.connect({ address: rig.temporalAddress });
    const handle = new Client({ connection }).workflow.getHandle(`resync/${rig.integration}`);
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    await connection.close();
    expect(currentDetails).toContain(warning);

    // A run that ends as it should is followed by one without a warning.
    rig.intercept = undefined;
    expect((await rig.resync()).warnings).toEqual([]);
  });
});
