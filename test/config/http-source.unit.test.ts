import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { configurationJsonSchema } from '../../config/json-schema.ts';
import { loadConfiguration } from '../../config/load.ts';
import { ConfigurationError } from '../../config/problem.ts';
import { configurationContext } from '../../workers/configuration-context.ts';

type Environment = Readonly<Record<string, string>>;

/** An integration whose source is of type `http`, with lines for its settings and its kinds. */
function acme({ source = '', kinds = '', resource = 'thing' } = {}): string {
  return `integrations:
  acme:
    source:
      type: http
      url: https://api.example.com/v1
${source}      kinds:
        thing: { path: /things, paging: link }
${kinds}    resources:
      - { kind: ${resource}, entity: { identifier: id, blueprint: '"thing"' } }
`;
}

function load(text: string, env: Environment = {}) {
  return loadConfiguration({ file: 'tidemark.yaml', text }, configurationContext(env));
}

function mistakes(text: string, env: Environment = {}): string[] {
  try {
    load(text, env);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.message.split('\n').map((line) => line.replace(/^tidemark\.yaml:/, ''));
  }
  throw new Error('the configuration was accepted');
}

const kindLine = (line: string): string[] => mistakes(acme({ kinds: `        other: ${line}\n` }));

describe('the kinds of an http source', () => {
  it('are the names of `kinds`, and have no selector fields but the query', () => {
    const [integration] = load(acme()).integrations;
    expect(integration?.resources[0]).toMatchObject({ kind: 'thing', selector: {}, query: 'true' });
    expect(mistakes(acme({ resource: 'thin' }))).toEqual([
      '9:17  integrations.acme.resources[0].kind: unknown kind "thin"; did you mean "thing"? (one of: thing)',
    ]);
    expect(mistakes(acme().replace('entity:', 'selector: { state: open }, entity:'))).toEqual([
      '9:36  integrations.acme.resources[0].selector.state: unknown key "state"; one of: query',
    ]);
  });

  it('S0.10 are checked all at once, each mistake with its line and column', () => {
    const kinds = `        broken:
          path: things?page=1
          items: 'data['
          paging: { type: page, pages: 1, first: -1 }
          parent: { kind: thign }
          lookup: /things/{key}
        Bad Name: { path: /x, paging: none }
        empty:
`;
    const found = mistakes(acme({ kinds, resource: 'broken' }));
    const at = 'integrations.acme.source.kinds';
    expect(found.map((line) => line.replace(at, '…'))).toEqual([
      '9:17  ….broken.path: is not a path; a path begins with a slash, and the rest of the address is `url`',
      expect.stringMatching(/^10:24 {2}….broken.items: is not valid JSONata: .* \(at character \d+\)$/),
      '11:33  ….broken.paging.pages: unknown key "pages"; one of: type, parameter, first, size, sizeParameter, last',
      '11:50  ….broken.paging.first: must be at least 0, not -1',
      '12:27  ….broken.parent.kind: unknown kind "thign"; one of: thing, empty',
      '13:19  ….broken.lookup: needs recordKey: what is found must be the record asked for',
      '14:9  …["Bad Name"]: a kind has 1 to 63 letters, digits, hyphens, dots and underscores, and begins with a letter or a digit',
      '15:15  ….empty: must be a map, not nothing',
    ]);
  });

  it.each([
    ['{ path: /a b, paging: none }', 'path: holds a blank or a character that a path cannot have'],
    ['{ path: "/a#b", paging: none }', 'path: holds a query or a fragment; parameters belong into `query`'],
    ['{ path: /a/../b, paging: none }', 'path: must not hold the steps `.` and `..`'],
    ['{ path: "/a/{b c}", paging: none }', 'path: holds a blank'],
    ['{ path: "/a/{b", paging: none }', 'path: has braces that hold no field, such as {login} or {owner.login}'],
    [
      '{ path: "/a/{b}", paging: none }',
      'path: has a field in braces, but there is no parent to take it from; add parent: { kind: … }',
    ],
    [
      '{ path: /a, query: { b: "{c}" }, paging: none }',
      'query.b: has a field in braces, but there is no parent to take it from',
    ],
    [
      '{ path: /a, paging: none, parent: { kind: thing } }',
      'path: names no field of its parent, such as {id}: the same list would be read for each thing',
    ],
    ['{ path: "/a/{b}", paging: none, parent: { kind: other } }', 'parent.kind: goes round in circles: other → other'],
    [
      '{ path: /a, paging: none, lookup: /a, recordKey: id }',
      'lookup: names no record; write where its key stands: {key}',
    ],
    ['{ path: /a, paging: none, item: data }', 'item: is for the answer to a lookup; add lookup, or take it out'],
    [
      '{ path: /a, paging: none, modified: t }',
      'modified: is for reading what changed since a time; add since, or take it out',
    ],
    ['{ path: /a, paging: none, since: q, query: { q: 1 } }', 'query.q: is set by `since`; take it out'],
    ['{ path: /a, paging: page, query: { page: 1 } }', 'query.page: is set by `paging`; take it out'],
    [
      '{ path: /a, paging: { type: page, sizeParameter: n } }',
      'paging.sizeParameter: needs size: how many records to ask for',
    ],
    ['{ path: /a, paging: none, query: { a: [1] } }', 'query.a: must be text, a number, true or false'],
    [
      '{ path: /a }',
      'paging: is missing; it must be link, page, offset or none, or a map with type: link, page, offset, cursor or none',
    ],
    ['{ path: /a, paging: pages }', 'paging: must be link, page, offset or none, or a map with type'],
    ['{ path: /a, paging: cursor }', 'paging: needs its parameter and next: { type: cursor, parameter: …, next: … }'],
    ['{ path: /a, paging: {} }', 'paging.type: is missing; one of: none, link, page, offset, cursor'],
    [
      '{ path: /a, paging: { type: pages } }',
      'paging.type: must be one of: none, link, page, offset, cursor, not "pages"',
    ],
    ['{ path: /a, paging: { type: cursor, next: "a[", parameter: c } }', 'paging.next: is not valid JSONata'],
    [
      '{ path: /a, paging: { type: cursor, parameter: c } }',
      'paging.next: is missing; it must be a JSONata expression',
    ],
    ['{ paging: none }', 'path: is missing; it must be text'],
  ])('%s: refused', (line, message) => {
    const found = kindLine(line);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^8:\d+ {2}integrations\.acme\.source\.kinds\.other\./);
    expect(found[0]).toContain(message);
  });

  it('a circle of parents is told at each of its kinds', () => {
    const kinds = `        a: { path: "/a/{id}", paging: none, parent: { kind: b } }
        b: { path: "/b/{id}", paging: none, parent: { kind: a } }
        c: { path: "/c/{id}", paging: none, parent: { kind: a } }
`;
    expect(mistakes(acme({ kinds })).map((line) => line.replace(/^.*kinds\./, ''))).toEqual([
      'a.parent.kind: goes round in circles: a → b → a',
      'b.parent.kind: goes round in circles: b → a → b',
    ]);
  });
});

describe('the settings of an http source', () => {
  it.each([
    ['ftp://x', 'source.url: is not an http or https URL'],
    ['https://user:pass@host', 'source.url: holds credentials, a query or a fragment'],
    ['https://host?key=1', 'source.url: holds credentials, a query or a fragment'],
  ])('url: %s is refused', (url, message) => {
    expect(mistakes(acme().replace('https://api.example.com/v1', url))[0]).toContain(message);
  });

  it('S3.7 the environment sets url and accessToken', () => {
    const env = { TIDEMARK__ACME__BASE_URL: 'http://127.0.0.1:1', TIDEMARK__ACME__ACCESS_TOKEN: 'abc' };
    expect(load(acme(), env).integrations[0]?.source.settings).toMatchObject({
      url: 'http://127.0.0.1:1',
      accessToken: 'abc',
    });
    expect(mistakes(acme(), { TIDEMARK__ACME__BASE_URL: 'nowhere' })).toEqual([
      '5:12  integrations.acme.source.url: is not an http or https URL (set by TIDEMARK__ACME__BASE_URL)',
    ]);
  });

  it('headers come from the environment; one that comes out empty is not sent', () => {
    const source = `      headers: { X-Key: "\${env:KEY}", X-Other: "\${env:OTHER:-}" }\n`;
    const [integration] = load(acme({ source }), { KEY: 'k' }).integrations;
    expect(integration?.source.settings.headers).toEqual({ 'X-Key': 'k' });
  });

  it('no mistake shows a header, a parameter or a token', () => {
    const secret = 'sëcret-0123456789';
    const source = `      headers: { X-Key: "${secret}\\n", "X Y": b, Authorization: "${secret}" }\n      accessToken: "${secret}"\n`;
    const kinds = `        other: { path: "/o/{x}", query: { key: ["${secret}"] }, paging: "${secret}" }\n`;
    const found = mistakes(acme({ source, kinds }));
    expect(found.length).toBeGreaterThan(4);
    expect(found.join('\n')).not.toContain('0123456789');
    expect(found.join('\n')).toContain('headers["X Y"]: is not the name of a header');
    expect(found.join('\n')).toContain('headers.Authorization: is set by accessToken as well; keep one of the two');
  });
});

describe('examples/http/tidemark.yaml', () => {
  const text = readFileSync(new URL('../../examples/http/tidemark.yaml', import.meta.url), 'utf8');
  const accepts = (() => {
    const schema = JSON.parse(JSON.stringify(configurationJsonSchema(configurationContext({}))));
    const validator = z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema);
    return (yaml: string) => validator.safeParse(parse(yaml)).success;
  })();

  it('S0.7 is right, for the program and for editors', () => {
    const { integrations } = load(text);
    expect(integrations[0]?.resources.map(({ kind }) => kind)).toEqual(['organization', 'repository', 'pull-request']);
    expect(accepts(text)).toBe(true);
  });

  it('editors take any name for a kind, and see what the program refuses', () => {
    expect(accepts(acme({ resource: 'anything' }))).toBe(true);
    for (const [right, wrong] of [
      ['paging: link', 'paging: pages'],
      ['recordKey:', 'recordkey:'],
      ['parent: { kind: organization }', 'parent: organization'],
    ] as const) {
      expect(text).toContain(right);
      expect(accepts(text.replace(right, wrong)), wrong).toBe(false);
    }
  });
});
