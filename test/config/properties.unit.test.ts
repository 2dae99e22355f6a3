import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadConfiguration, resolveDocument } from '../../config/load.ts';
import { ConfigurationError } from '../../config/problem.ts';
import { contextOf } from './support.ts';

const SECRET = 'q7ZkP-secret-Xw9';
const env = { SECRET, EMPTY: '', SIZE: '5' };

/** Words of the configuration, so that random maps get past the first check. */
const WORDS = [
  'blueprints',
  'integrations',
  'acme',
  'source',
  'type',
  'forge',
  'resources',
  'kind',
  'repository',
  'entity',
  'selector',
  'properties',
  'relations',
  'target',
  'deletes',
  'policy',
  'null',
  '<<',
  '__proto__',
  'constructor',
];
const REFERENCES = [
  `\${env:SECRET}`,
  `x\${env:SECRET}y`,
  `\${env:EMPTY}`,
  `\${env:NONE}`,
  `\${env:SIZE}`,
  `\${env:`,
  `\${SECRET}`,
];

const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, 0, -0, 5, 1.5, 1e21, '', ...WORDS, ...REFERENCES, '"repo"', 'a !! b', '5s'),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...WORDS), fc.string()), tie('value'), { maxKeys: 6 }),
  ),
}));

const valid = () => ({
  blueprints: { repo: { properties: { url: { type: 'string' } }, relations: { owner: { target: 'repo' } } } },
  integrations: {
    acme: {
      source: { type: 'forge', accessToken: 'abc', baseUrl: 'https://x.example' },
      destination: { type: 'catalog' },
      cancelDeadline: '5s',
      concurrency: 4,
      deletes: { lookupLimit: 5 },
      resources: [
        {
          kind: 'repository',
          selector: { query: 'true', type: 'all' },
          entity: {
            identifier: 'name',
            blueprint: '"repo"',
            title: 'name',
            properties: { url: 'u' },
            relations: { owner: 'o' },
          },
          itemsToParse: 'items',
        },
        { kind: 'organization', selector: { organizations: ['a'] }, entity: { identifier: 'name', blueprint: 'b' } },
      ],
    },
  },
});

/** All places of a tree, as the holder and the key in it. */
function places(holder: object): [Record<string, unknown>, string][] {
  return Object.entries(holder).flatMap(([key, value]) => [
    [holder as Record<string, unknown>, key],
    ...(typeof value === 'object' && value !== null ? places(value) : []),
  ]);
}

/** The right configuration with some of its places changed to anything. */
const damaged = fc.array(fc.tuple(fc.nat(), anything), { minLength: 1, maxLength: 4 }).map((changes) => {
  const root = { root: valid() as unknown };
  for (const [pick, value] of changes) {
    const all = places(root);
    const [holder, key] = all[pick % all.length] as [Record<string, unknown>, string];
    holder[key] = value;
  }
  return root.root;
});

/** Loads a text; what may come of it is a configuration or a `ConfigurationError`, and everything else fails. */
function attempt(text: string): void {
  const context = contextOf(env);
  try {
    const { integrations, documents } = loadConfiguration({ file: 'f.yaml', text }, context);
    const stored = JSON.parse(JSON.stringify(documents)) as typeof documents;
    expect(JSON.stringify(documents)).not.toContain(SECRET);
    expect(stored.map((document) => resolveDocument(document, context))).toEqual(integrations);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    expect(error.message).not.toContain(SECRET);
    for (const { line, column } of error.problems) {
      expect(line).toBeGreaterThanOrEqual(1);
      expect(column).toBeGreaterThanOrEqual(1);
    }
  }
}

describe('whatever a configuration holds', () => {
  it('it is read or refused with places, its secrets unseen, and read again the same from storage', () => {
    attempt(stringify(valid()));
    fc.assert(
      fc.property(fc.oneof(anything, damaged), (value) => attempt(JSON.stringify(value))),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(damaged, (value) => attempt(stringify(value))),
      { numRuns: 300 },
    );
  });

  it('also when it is any text', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '\n',
        ' ',
        '  ',
        '\t',
        ': ',
        '- ',
        '? ',
        '[',
        ']',
        '{',
        '}',
        ',',
        '"',
        "'",
        '&a ',
        '*a',
        '<<: ',
        '!x ',
        '|',
        '>',
        '#',
        '---\n',
        '%',
        '\r',
        '\0',
      ),
      fc.constantFrom(...WORDS, ...REFERENCES),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => attempt(pieces.join(''))),
      { numRuns: 1_000 },
    );
  });
});
