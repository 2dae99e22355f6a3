import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  indexWorkflowId,
  kindWorkflowId,
  liveWorkflowId,
  resyncWorkflowId,
  scheduleId,
  secondLookWorkflowId,
} from '../../domain/workflow-ids.ts';
import { ROOT, spansOf, tableBelow, textOf } from './support.ts';

const PAGE = 'docs/architecture.md';

interface Rule {
  readonly name: string;
  readonly to: { readonly path: string };
}

const folderOf = (span: string): string => span.replace(/\/$/, '');

describe('docs/architecture.md', async () => {
  const { default: cruiser } = (await import(/* @vite-ignore */ path.join(ROOT, '.dependency-cruiser.mjs'))) as {
    default: { forbidden: Rule[] };
  };
  const rows = tableBelow(PAGE, '## Rooms').map(([folders = '', , may = '', types = '']) => ({
    folders: spansOf(folders).map(folderOf),
    may: may === 'anything' ? 'anything' : spansOf(may),
    types: spansOf(types),
  }));
  const all = rows.flatMap(({ folders }) => folders);
  const ruleOf = (name: string) => cruiser.forbidden.find((rule) => rule.name === name);

  it('names every folder of the repository that holds code', () => {
    const folders = readdirSync(ROOT, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !/^\.|^(node_modules|docs|bin)$/.test(entry.name))
      .map(({ name }) => name);
    expect([...all].sort()).toEqual(folders.sort());
  });

  it.each(rows)('$folders may import just what the layering check allows', ({ folders, may, types }) => {
    for (const folder of folders) {
      const rule = ruleOf(`${folder}-imports`);
      if (may === 'anything') {
        expect(rule, folder).toBeUndefined();
        continue;
      }
      const forbidden = new RegExp(String(rule?.to.path));
      const allowed = all.filter((other) => !forbidden.test(`${other}/file.ts`));
      expect(allowed.sort()).toEqual([folder, ...may, ...types].sort());
      const typesOnly = ruleOf(`${folder}-imports-types-only`)?.to.path;
      expect(all.filter((other) => typesOnly && new RegExp(typesOnly).test(`${other}/file.ts`))).toEqual(types);
    }
  });

  it('describes every table of the database', () => {
    const migrations = readdirSync(path.join(ROOT, 'catalog', 'migrations'));
    const made = migrations.flatMap((name) =>
      [...textOf(`catalog/migrations/${name}`).matchAll(/create table tidemark\.(\w+)/g)].map(([, table]) => table),
    );
    const described = tableBelow(PAGE, '## State').map(([table = '']) => spansOf(table)[0]);
    expect(described.sort()).toEqual(made.sort());
  });

  it('names the workflows by the ids that they have', () => {
    const ids = tableBelow(PAGE, '## The Temporal side').map(([id = '']) => spansOf(id)[0]);
    const integration = '<integration>';
    expect(ids).toEqual([
      resyncWorkflowId(integration),
      kindWorkflowId(integration, '<kind>'),
      secondLookWorkflowId(integration, '<kind>'),
      liveWorkflowId(integration),
      scheduleId(integration),
      indexWorkflowId('<task queue>'),
    ]);
  });
});

describe('docs/ownership.md', () => {
  it('S0.6 describes every column of the ledger', () => {
    const [, body = ''] =
      /create table tidemark\.claim \(([\s\S]*?)\n\)/.exec(textOf('catalog/migrations/0001_catalog.sql')) ?? [];
    const columns = [...body.matchAll(/^ {2}(\w+) +(?:text|integer|bigint|timestamptz|jsonb|boolean)/gm)];
    expect(columns.length).toBeGreaterThan(10);
    const described = tableBelow('docs/ownership.md', '## The owner mark').flatMap(([names = '']) => spansOf(names));
    expect(columns.map(([, column]) => column).filter((column) => !described.includes(String(column)))).toEqual([]);
  });
});
