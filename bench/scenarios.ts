import { allCreated, allUnchanged, type Expectation, type Live, someChanged } from './expectation.ts';
import { measureFloor } from './floor.ts';
import { type Measurement, measure } from './measurement.ts';
import type { Servers } from './servers.ts';
import type { SourceSizes } from './source.ts';

/** Runs every scenario, one after another, on the same catalog. Throws when a run's result is not what it must be. */
export async function measureScenarios(
  servers: Servers,
  { sizes, log }: { sizes: SourceSizes; log: (line: string) => void },
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  const next = async (name: string, expectation: Expectation): Promise<void> => {
    log(`${name} …`);
    const writtenBefore = totalWrites(measurements);
    const measured = await measure(servers, { name, expectation, writtenBefore });
    log(`${name}: ${measured.rows} rows in ${measured.seconds} s`);
    measurements.push(measured);
  };

  const live: Live = {
    organization: servers.source.facts.organizations.length,
    repository: sizes.repositories,
    'pull-request': sizes.pullRequests,
  };
  await next('cold', allCreated(live));
  await next('unchanged', allUnchanged(live));
  log('floor …');
  // Now that the source and PostgreSQL are warm.
  const floor = await measureFloor(servers);
  const compared = measurements.map((measurement, index) => ({ ...measurement, floor: floor[index] ?? null }));
  const mutated = await servers.source.mutate();
  const left: Live = {
    ...live,
    repository: live.repository - mutated.removed.repository,
    'pull-request': live['pull-request'] - mutated.removed['pull-request'],
  };
  await next('5 % changed, 5 % removed', someChanged(left, mutated));
  return [...compared, ...measurements.slice(compared.length)];
}

function totalWrites(measurements: readonly Measurement[]) {
  const sum = (column: keyof Measurement['catalogWrites']): number =>
    measurements.reduce((total, { catalogWrites }) => total + catalogWrites[column], 0);
  return { inserted: sum('inserted'), updated: sum('updated'), deleted: sum('deleted') };
}
