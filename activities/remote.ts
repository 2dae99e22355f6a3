import { cancellationSignal } from '@temporalio/activity';
import type { RejectedRecord } from '../catalog/mapped-batch.ts';
import type { OutboxScope } from '../catalog/outbox.ts';
import { quarantineRefused, type RefusedBatch, refusedBatches } from '../catalog/refused.ts';
import { readPages, unpackPage } from '../catalog/staging.ts';
import type { RemoteSide } from '../destinations/destination.ts';
import type { RawRecord } from '../domain/json.ts';
import type { PinnedRun } from '../domain/run.ts';
import type { ResourceMapping } from '../mapping/mapping.ts';
import type { ActivityDependencies, Pipeline } from './dependencies.ts';

export const createRemoteActivities = (deps: ActivityDependencies) => ({
  /** Before the first kind: blueprints, and what the destination holds, when it is the turn (sync-semantics 10). */
  async beginRemote({ run }: { run: PinnedRun }): Promise<void> {
    const { destination } = await deps.pipeline(run.configVersion);
    const { rewritten } = await (destination.remote as RemoteSide).begin(run, cancellationSignal());
    if (rewritten === null) return;
    deps.log.info(
      `${run.integration}: the destination was asked what it holds; ${rewritten} entities are written again`,
    );
  },

  /** When every kind has come to its end: what is left over is sent, relations included (sync-semantics 2.7). */
  async settleRemote({ run, patient }: { run: PinnedRun; patient: boolean }): Promise<void> {
    const { destination } = await deps.pipeline(run.configVersion);
    await (destination.remote as RemoteSide).settle(run, { patient }, cancellationSignal());
    await putRefusedAside(deps, run, { type: 'run', runId: run.runId });
  },
});

/** Records whose entities the destination refused go into quarantine as they came (sync-semantics 6.8). */
export async function putRefusedAside(
  { db, log, pipeline }: ActivityDependencies,
  run: PinnedRun,
  scope: OutboxScope,
): Promise<void> {
  const parts = await pipeline(run.configVersion);
  if (!parts.destination.remote) return;
  for (const refused of await refusedBatches(db, parts.destination.remote.name, scope)) {
    const records: RejectedRecord[] = [];
    for await (const page of readPages(db, refused.batch)) {
      const { rows, observedAt } = await unpackPage(page);
      for (const record of rows) records.push(...(await rejection(parts, refused, { record, observedAt })));
    }
    log.warn(`${refused.kind}: ${records.length} record(s) refused: ${refused.refused[0]?.reason}`);
    await quarantineRefused(db, run, { ...refused, records });
  }
}

async function rejection(
  { source, mappings }: Pipeline,
  { kind, resource, refused }: RefusedBatch,
  { record, observedAt }: { record: RawRecord; observedAt: string },
): Promise<RejectedRecord[]> {
  const result = await (mappings.get(resource) as ResourceMapping).map(record, { anyRecord: false });
  if (result.type === 'ruled-out' || result.type === 'rejected') return [];
  const named = refused.find(({ blueprint, identifier }) =>
    result.entities.some((entity) => entity.blueprint === blueprint && entity.identifier === identifier),
  );
  if (!named) return [];
  const { key } = await source.identify(kind, record);
  const { reason } = named;
  return [{ recordKey: key ?? '', stage: 'destination', reason, raw: JSON.stringify(record), observedAt }];
}
