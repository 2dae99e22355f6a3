import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { afterEach, describe, expect, it } from 'vitest';
import { generated } from '../../examples/github-server/generated.ts';
import type { KindReading, ResyncProgress } from '../../workflows/messages.ts';
import { Rig, until } from '../support/rig.ts';

describe('a run as the Temporal UI shows it', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (let next = closing.pop(); next; next = closing.pop()) await next();
  });

  async function start() {
    const source = generated({ organizations: 1, repositories: 1200, pullRequests: 0, repositoriesWithPulls: 0 });
    const { organizations, store } = source;
    const rig = await Rig.start({ store, organizations, resources: { 'pull-request': null } });
    closing.push(() => rig.close());
    const connection = await Connection.connect({ address: rig.temporalAddress });
    closing.push(() => connection.close());
    const client = new Client({ connection });
    const workflow = (suffix = '') => client.workflow.getHandle(`resync/${rig.integration}${suffix}`);
    return { rig, client, workflow };
  }

  it('the query `progress` tells where the run and where a kind is', async () => {
    const { rig, workflow } = await start();
    rig.intercept = ({ page }) => (page === 11 ? { fault: 'hang' } : undefined);
    await rig.client.resync(rig.integration, { origin: 'sdk' });
    await until(async () => (await rig.runs())[0]?.kinds.some((kind) => kind.read === 1000) ?? false);
    const run: ResyncProgress = await workflow().query('progress');
    expect(run).toMatchObject({ run: `${rig.integration}.1`, phase: 'reading' });
    expect(run.kinds).toMatchObject([
      { kind: 'organization', state: 'complete', counts: { read: 1, created: 1 } },
      { kind: 'repository', state: 'running' },
    ]);
    const kind: KindReading = await workflow('/repository').query('progress');
    expect(kind).toEqual({
      resource: 'repository',
      pages: 10,
      read: 1000,
      created: 1000,
      updated: 0,
      unchanged: 0,
      quarantined: 0,
    });
  });

  it('runs are found by search attributes, which follow the outcome', async () => {
    const { rig, client } = await start();
    const found = async (query: string): Promise<number> =>
      (await client.workflow.count(`TidemarkIntegration = "${rig.integration}" AND ${query}`)).count;
    rig.intercept = ({ route }) => (route === 'repositories' ? { fault: 'answer', status: 403 } : undefined);
    await rig.resync();
    await until(async () => (await found('TidemarkOutcome = "incomplete" AND TidemarkTrigger = "sdk"')) === 1);
    await until(async () => (await found('TidemarkKind = "repository" AND TidemarkOutcome = "failed"')) === 1);
    await until(async () => (await found('TidemarkKind = "organization" AND TidemarkOutcome = "complete"')) === 1);
  });

  it('every activity and child carries a line that says what it does; history holds references only', async () => {
    const { rig, workflow } = await start();
    await rig.resync();
    const text = (data: unknown): string => defaultPayloadConverter.fromPayload(data as never);
    const lines: string[] = [];
    for (const suffix of ['', '/repository']) {
      const { events } = await workflow(suffix).fetchHistory();
      for (const event of events ?? []) {
        const acts =
          event.activityTaskScheduledEventAttributes ?? event.startChildWorkflowExecutionInitiatedEventAttributes;
        if (acts) lines.push(event.userMetadata?.summary ? text(event.userMetadata.summary) : 'nothing');
      }
      expect(Buffer.byteLength(JSON.stringify(events))).toBeLessThan(200_000);
      expect(JSON.stringify(events)).not.toContain('html_url');
    }
    expect(lines).not.toContain('nothing');
    expect(lines).toEqual(
      expect.arrayContaining([
        'take an epoch, plan the kinds',
        'repository: read, map, write',
        'record: complete',
        'repository: pages from 1',
        'repository: pages 1–10',
        'repository: pages 11–12',
      ]),
    );
  });
});
