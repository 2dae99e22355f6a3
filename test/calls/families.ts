import type { EntityInput } from '../../client/calls.ts';
import type { CallReport } from '../../domain/call.ts';
import type { RawRecord } from '../../domain/json.ts';
import type { Rig } from '../support/rig.ts';

/** A thing as both families of calls can tell of it. */
export interface Thing {
  readonly name: string;
  readonly title: string;
}

/** A family of calls: with raw records that are mapped, or with entities that are ready (seed S0.1). */
export interface Family {
  readonly blueprint: string;
  register(rig: Rig, things: readonly Thing[]): Promise<CallReport>;
  unregister(rig: Rig, things: readonly Thing[]): Promise<CallReport>;
  diff(rig: Rig, difference: { before: readonly Thing[]; after: readonly Thing[] }): Promise<CallReport>;
}

const wait = { origin: 'sdk', wait: true } as const;

/** As GitHub would show it; the test configuration maps `full_name` and `name`. */
const rawOf = ({ name, title }: Thing): RawRecord => ({ node_id: `R_${name}`, full_name: name, name: title });

const entityOf = ({ name, title }: Thing): EntityInput => ({ identifier: name, blueprint: 'note', title });

export const families: Readonly<Record<'raw' | 'plain', Family>> = {
  raw: {
    blueprint: 'repository',
    register: (rig, things) => rig.client.registerRaw(rig.integration, 'repository', things.map(rawOf), wait),
    unregister: (rig, things) => rig.client.unregisterRaw(rig.integration, 'repository', things.map(rawOf), wait),
    diff: (rig, { before, after }) =>
      rig.client.updateRawDiff(
        rig.integration,
        'repository',
        { before: before.map(rawOf), after: after.map(rawOf) },
        wait,
      ),
  },
  plain: {
    blueprint: 'note',
    register: (rig, things) => rig.client.register(rig.integration, things.map(entityOf), wait),
    unregister: (rig, things) => rig.client.unregister(rig.integration, things.map(entityOf), wait),
    diff: (rig, { before, after }) =>
      rig.client.updateDiff(rig.integration, { before: before.map(entityOf), after: after.map(entityOf) }, wait),
  },
};
