import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { configurationJsonSchema } from '../../config/json-schema.ts';
import { loadConfiguration } from '../../config/load.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { acme, contextOf, mistakes } from './support.ts';

const fileOf = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

function acceptedBy(schema: unknown) {
  const validator = z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema);
  return (text: string) => validator.safeParse(parse(text, { merge: true })).success;
}

describe('the JSON schema for editors', () => {
  it('in the repository is the one of the program: `npm run schema` writes it', () => {
    const schema = JSON.parse(fileOf('tidemark.schema.json'));
    expect(schema).toEqual(JSON.parse(JSON.stringify(configurationJsonSchema(configurationContext({})))));
  });

  it('and the program accept the demo, with and without a token', () => {
    const demo = { file: 'tidemark.yaml', text: fileOf('examples/github-demo/tidemark.yaml') };
    const tokens = [{}, { GITHUB_TOKEN: '' }, { GITHUB_TOKEN: 'abc' }].map((env) => {
      const { integrations } = loadConfiguration(demo, configurationContext(env));
      return integrations[0]?.source.settings.accessToken;
    });
    expect(tokens).toEqual([undefined, undefined, 'abc']);
    expect(acceptedBy(JSON.parse(fileOf('tidemark.schema.json')))(demo.text)).toBe(true);
  });

  it('refuses the demo with a key misspelt', () => {
    const accepts = acceptedBy(JSON.parse(fileOf('tidemark.schema.json')));
    const demo = fileOf('examples/github-demo/tidemark.yaml');
    for (const key of ['integrations', 'source', 'accessToken', 'kind', 'organizations', 'entity', 'title', 'target']) {
      const text = demo.replace(new RegExp(`\\b${key}:`), `${key}x:`);
      expect(text).not.toBe(demo);
      expect(accepts(text)).toBe(false);
    }
  });

  const accepts = acceptedBy(configurationJsonSchema(contextOf()));

  it.each([
    ['defaults', acme()],
    [
      'empty optional keys',
      acme({ top: 'blueprints: { a: , b: { title: } }\n', integration: '    destination:\n    concurrency:\n' }),
    ],
    [
      'references',
      acme({
        source: `      pageSize: \${env:N}\n      baseUrl: https://\${env:H}\n`,
        integration: `    concurrency: \${env:N:-4}\n    cancelDeadline: \${env:D}\n`,
      }),
    ],
    [
      'numbers and booleans as expressions',
      acme({
        resources:
          '      - { kind: repository, selector: { query: true }, entity: { identifier: 5, blueprint: b, properties: { a: 1, b: null } } }\n',
      }),
    ],
  ])('accepts %s', (_, text) => {
    expect(accepts(text)).toBe(true);
  });

  it.each([
    ['a number out of bounds', acme({ integration: '    concurrency: 65\n' })],
    ['a duration without unit', acme({ integration: '    cancelDeadline: 5\n' })],
    ['a key of a later version', acme({ integration: '    keepRawPages: 1\n' })],
    ['a bad id', acme().replace('acme:', 'Acme:')],
    [
      "another kind's selector field",
      acme({
        resources:
          '      - { kind: repository, selector: { organizations: [a] }, entity: { identifier: a, blueprint: b } }\n',
      }),
    ],
    [
      'an expression that is a list',
      acme({ resources: '      - { kind: repository, entity: { identifier: [a], blueprint: b } }\n' }),
    ],
    ['no resources', acme({ resources: '' })],
  ])('refuses %s, as the program does', (_, text) => {
    expect(accepts(text)).toBe(false);
    expect(mistakes(text).length).toBeGreaterThan(0);
  });
});
