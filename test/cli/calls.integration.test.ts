import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generated } from '../../examples/github-server/generated.ts';
import { Rig } from '../support/rig.ts';
import { type Ended, tidemark } from '../support/tidemark.ts';

describe('the command line and calls', () => {
  let folder: string;
  let rig: Rig;
  let id: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-cli-'));
    const source = generated({ organizations: 1, repositories: 0, pullRequests: 0, repositoriesWithPulls: 0 });
    rig = await Rig.start({ store: source.store, organizations: source.organizations });
    id = rig.integration;
    const repository = (name: string) => ({ node_id: `R_${name}`, full_name: `acme/${name}`, name });
    const note = (identifier: string) => ({ blueprint: 'note', identifier });
    const files: Record<string, unknown> = {
      'rows.json': [repository('a'), repository('b')],
      'after.json': [repository('b'), repository('c')],
      'some.json': [repository('a'), { node_id: 'R_nameless' }],
      'notes.json': [note('x'), note('y')],
      'fewer.json': [note('y')],
      'none.json': [],
      'wrong.json': [note('x'), { blueprint: 'note', titel: 5 }],
    };
    for (const [name, value] of Object.entries(files)) {
      await writeFile(path.join(folder, name), JSON.stringify(value));
    }
    await writeFile(path.join(folder, 'broken.json'), '[');
  });
  afterAll(async () => {
    await rig?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (...args: string[]): Promise<Ended> =>
    tidemark(folder, args, {
      DATABASE_URL: rig.databaseUrl,
      TEMPORAL_ADDRESS: rig.temporalAddress,
      TIDEMARK_TASK_QUEUE: rig.taskQueue,
    });
  const keys = async () => [...(await rig.entities()).keys()].sort();

  it('S0.28 S0.38 S0.42 raw records: register, diff and unregister, with what that did', async () => {
    const kind = ['--kind', 'repository', '--wait'];
    expect(await run('register', id, '--file', 'rows.json', ...kind)).toMatchObject({
      code: 0,
      stdout: `${id}: applied (2 created)\n`,
    });
    const diff = await run('diff', id, '--before', 'rows.json', '--after', 'after.json', ...kind, '--json');
    expect(diff.code).toBe(0);
    expect(JSON.parse(diff.stdout)).toMatchObject({ state: 'applied', result: { created: 1, deleted: 1 } });
    expect(await keys()).toEqual(['repository/acme/b', 'repository/acme/c']);
    const gone = await run('unregister', id, '--file', 'after.json', ...kind);
    expect(gone.stdout).toBe(`${id}: applied (2 deleted)\n`);
    // What could not be applied to every record is incomplete.
    const some = await run('register', id, '--file', 'some.json', ...kind);
    expect(some).toMatchObject({ code: 3, stdout: `${id}: applied (1 created, 1 quarantined)\n` });
    await run('unregister', id, '--file', 'rows.json', ...kind);
  });

  it('S0.49 S0.51 ready entities: register into a scope, sync the scope, and a list that a guard holds', async () => {
    const scope = ['--scope', 'notes', '--wait'];
    expect((await run('register', id, '--file', 'notes.json', ...scope)).code).toBe(0);
    const synced = await run('sync', id, '--file', 'fewer.json', ...scope);
    expect(synced.code, synced.stderr).toBe(0);
    expect(synced.stdout).toMatch(new RegExp(`^${id}: sync complete \\(run `, 'm'));
    expect(await keys()).toEqual(['note/y']);
    const held = await run('sync', id, '--file', 'none.json', ...scope, '--json');
    expect(held.code).toBe(4);
    expect(JSON.parse(held.stdout)).toMatchObject({ outcome: 'held', kinds: [{ kind: 'scope:notes' }] });
    expect((await run('unregister', id, '--file', 'notes.json', '--wait')).stdout).toBe(
      `${id}: applied (nothing to do)\n`,
    );
    expect(await keys()).toEqual(['note/y']);
  });

  it('6.1 without --wait the call is accepted, and its id said', async () => {
    const accepted = await run('register', id, '--file', 'none.json', '--json');
    const { call } = JSON.parse(accepted.stdout);
    expect(await rig.client.call(call)).toMatchObject({ integration: id });
  });

  it.each([
    ['a file that is not there', ['register', 'ID', '--file', 'no.json'], /the file no\.json cannot be read/],
    ['a file that is no JSON', ['sync', 'ID', '--file', 'broken.json'], /the file broken\.json is not JSON/],
    ['no file', ['register', 'ID'], /--file <file>' not specified/],
    [
      'what is no entity',
      ['register', 'ID', '--file', 'wrong.json'],
      /entities\[1\]\.identifier: is missing; it must be text\n.*entities\[1\]: unknown key "titel"; did you mean "title"/s,
    ],
    ['an unknown kind', ['register', 'ID', '--file', 'none.json', '--kind', 'x'], /has no kind x/],
    [
      'a kind and a scope',
      ['diff', 'ID', '--before', 'none.json', '--after', 'none.json', '--kind', 'repository', '--scope', 's'],
      /give one of them/,
    ],
    ['a strange scope', ['sync', 'ID', '--file', 'none.json', '--scope', 'a b'], /scope: must have 1 to 63/],
    ['an unknown integration', ['unregister', 'nobody', '--file', 'none.json'], /no integration nobody/],
  ])('%s: exit 2 and what would be right', async (_, args, message) => {
    const { code, stderr } = await run(...args.map((arg) => (arg === 'ID' ? id : arg)));
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});
