import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConnections } from '../../config/connections.ts';
import { loadConfiguration } from '../../config/load.ts';
import { environmentSettings } from '../../config/settings.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { isKnownVariable } from './environment.ts';
import { blocksOf, codeOf, documents, textOf } from './support.ts';

const examples = documents.flatMap((file) =>
  blocksOf(file, 'yaml').map((text, index) => ({ file, name: `${file}, block ${index + 1}`, text })),
);

/** Dotted paths of all keys that a JSON schema names; `*` stands for any name, `[]` for a list's items. */
function keysOf(schema: Schema, path = ''): string[] {
  const below = (key: string): string => (path === '' ? key : `${path}.${key}`);
  const named = Object.entries(schema.properties ?? {}).flatMap(([key, part]) => [
    below(key),
    ...keysOf(part, below(key)),
  ]);
  const rest = schema.additionalProperties;
  const any = typeof rest === 'object' ? keysOf(rest, below('*')) : [];
  const items = schema.items ? keysOf(schema.items, `${path}[]`) : [];
  const forms = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) => list ?? []);
  return [...new Set([...named, ...any, ...items, ...forms.flatMap((form) => keysOf(form, path))])];
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

/** The same for what a file holds; `known` tells names that users choose from keys. */
function keysIn(value: unknown, known: ReadonlySet<string>, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysIn(item, known, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => {
    const dot = path === '' ? '' : `${path}.`;
    const here = known.has(dot + key) ? dot + key : `${dot}*`;
    return [here, ...keysIn(part, known, here)];
  });
}

describe('configurations in the documents', () => {
  it.each(examples)('$name is valid', ({ file, text }) => {
    const configuration = loadConfiguration({ file, text }, configurationContext({}));
    expect(configuration.integrations.length).toBeGreaterThan(0);
  });

  it('the README shows one, complete', () => {
    expect(examples.filter(({ file }) => file === 'README.md')).toHaveLength(1);
  });

  it('docs/configuration.md shows every key that there is', () => {
    const all = keysOf(JSON.parse(textOf('tidemark.schema.json')));
    expect(all.length).toBeGreaterThan(30);
    const [example] = blocksOf('docs/configuration.md', 'yaml');
    const { documents: stored } = loadConfiguration(
      { file: 'docs/configuration.md', text: String(example) },
      configurationContext({}),
    );
    // One for each type of source, and for a shop as destination.
    expect(stored).toHaveLength(5);
    const shown = keysIn(parse(String(example)), new Set(all));
    expect(all.filter((key) => !shown.includes(key))).toEqual([]);
    const page = textOf('docs/configuration.md');
    const lastKeys = all.map((key) => key.split('.').at(-1)?.replace('[]', '') ?? '').filter((key) => key !== '*');
    expect(lastKeys.filter((key) => !new RegExp(`\`[^\`]*\\b${key}\\b[^\`]*\``).test(page))).toEqual([]);
  });
});

describe('variables of the environment', () => {
  it('S3.7 every one that a document names is one that the code knows', () => {
    const named = documents.flatMap((file) =>
      codeOf(file).flatMap((code) => code.match(/\b(?:TIDEMARK|TEMPORAL|DATABASE)_[A-Z_<>]*[A-Z]/g) ?? []),
    );
    expect(named.length).toBeGreaterThan(10);
    expect([...new Set(named)].filter((name) => !isKnownVariable(name))).toEqual([]);
  });

  it('a misspelt one is not known', () => {
    for (const name of ['TIDEMARK_QUEUE', 'DATABASE_URI', 'TEMPORAL_ADRESS', 'TIDEMARK__<INTEGRATION>__TOKEN']) {
      expect(isKnownVariable(name), name).toBe(false);
    }
  });

  it('README and docs/configuration.md name all that are read', () => {
    for (const file of ['README.md', 'docs/configuration.md']) {
      const text = textOf(file);
      for (const name of [
        'DATABASE_URL',
        'TEMPORAL_ADDRESS',
        'TEMPORAL_PROFILE',
        'TIDEMARK_TASK_QUEUE',
        'TIDEMARK_TOKEN',
        'TIDEMARK_HOST',
        'TIDEMARK_PORT',
        'TIDEMARK_SCHEDULED_RESYNC_INTERVAL',
        'TIDEMARK__<INTEGRATION>__SCHEDULED_RESYNC_INTERVAL',
        'GITHUB_TOKEN',
      ])
        expect(text).toContain(name);
    }
    expect(readConnections({}).taskQueue).toBe('tidemark');
    const { settings } = environmentSettings('acme-github', ['baseUrl'], { TIDEMARK__ACME_GITHUB__BASE_URL: 'x' });
    expect(settings).toHaveLength(1);
  });
});
