import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IntegrationDocument } from '../../config/configuration.ts';
import { hashDocument } from '../../config/document.ts';
import { loadConfiguration, resolveDocument } from '../../config/load.ts';
import { ConfigurationError } from '../../config/problem.ts';
import { acme, contextOf, load } from './support.ts';

const TEXT = `blueprints: { repo: { relations: { owner: { target: repo } } } }
integrations:
  acme:
    source: { type: forge, accessToken: "\${env:TOKEN}", baseUrl: "https://\${env:HOST:-a.example}" }
    resources:
      - kind: repository
        entity: { identifier: name, blueprint: '"repo"', title: , relations: { owner: o } }
  feed:
    source: { type: feed }
    concurrency: \${env:N:-3}
    resources:
      - { kind: item, entity: { identifier: id, blueprint: type } }
`;

/** As it comes back from where it was stored. */
const stored = (document: IntegrationDocument | undefined): IntegrationDocument => JSON.parse(JSON.stringify(document));

describe('a stored configuration', () => {
  it('is what the file says, with references to the environment left in place', () => {
    const { documents } = load(TEXT, { TOKEN: 's3cr3t' });
    expect(documents.map(({ id }) => id)).toEqual(['acme', 'feed']);
    expect(documents[0]).toEqual({
      id: 'acme',
      blueprints: { repo: { relations: { owner: { target: 'repo' } } } },
      integration: {
        source: { type: 'forge', accessToken: `\${env:TOKEN}`, baseUrl: `https://\${env:HOST:-a.example}` },
        resources: [
          {
            kind: 'repository',
            entity: { identifier: 'name', blueprint: '"repo"', title: null, relations: { owner: 'o' } },
          },
        ],
      },
    });
    expect(JSON.stringify(documents)).not.toContain('s3cr3t');
  });

  it('does not hold what an environment setting gave', () => {
    const { documents, integrations } = load(acme(), { TIDEMARK__ACME__ACCESS_TOKEN: 's3cr3t' });
    expect(integrations[0]?.source.settings.accessToken).toBe('s3cr3t');
    expect(JSON.stringify(documents)).not.toContain('s3cr3t');
  });

  it('gives the same integration as the file', () => {
    const env = { TOKEN: 's3cr3t', TIDEMARK__ACME__BASE_URL: 'https://b.example' };
    const { integrations, documents } = load(TEXT, env);
    expect(documents.map((document) => resolveDocument(stored(document), contextOf(env)))).toEqual(integrations);
  });

  it('S3.8 takes the environment of the process that resolves it', () => {
    const document = stored(load(TEXT, { TOKEN: 'here' }).documents[0]);
    const elsewhere = { TOKEN: 'there', TIDEMARK__ACME__BASE_URL: 'https://there.example' };
    expect(resolveDocument(document, contextOf(elsewhere)).source.settings).toMatchObject({
      accessToken: 'there',
      baseUrl: 'https://there.example',
    });
  });

  it('that does not fit is refused with the same words, without a place in a file', () => {
    const document = stored(load(TEXT, { TOKEN: 'here' }).documents[0]);
    const resolve = () => resolveDocument(document, contextOf({ HOST: 'not a host' }));
    expect(resolve).toThrow(ConfigurationError);
    expect(resolve).toThrow(
      `integrations.acme.source.accessToken: the environment variable TOKEN is not set; set it, or give a default: \${env:TOKEN:-…}
integrations.acme.source.baseUrl: must be a URL, such as https://api.example.com, not what \${env:HOST} holds`,
    );
    try {
      resolve();
    } catch (error) {
      expect((error as ConfigurationError).problems[0]).toMatchObject({ file: null, line: null, column: null });
    }
  });

  it.each([5, null, 'text', [], {}, { source: 5 }])('that is %j is refused', (integration) => {
    const document = { id: 'acme', integration, blueprints: {} };
    expect(() => resolveDocument(document, contextOf())).toThrow(ConfigurationError);
    expect(() => resolveDocument({ ...document, blueprints: integration }, contextOf())).toThrow(ConfigurationError);
  });
});

describe('the hash of a stored configuration', () => {
  const json = fc.jsonValue({ noUnicodeString: false }) as fc.Arbitrary<unknown>;

  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, child]): [string, unknown] => [key, shuffled(child)])
        .reverse(),
    );
  };

  it('is a SHA-256 in hex that does not depend on the order of keys, nor on having been stored', () => {
    fc.assert(
      fc.property(json, json, (integration, blueprints) => {
        const document = { id: 'acme', integration, blueprints };
        const hash = hashDocument(document);
        expect(hash).toMatch(/^[0-9a-f]{64}$/);
        expect(hashDocument({ ...document, integration: shuffled(integration) })).toBe(hash);
        expect(hashDocument(stored(document))).toBe(hash);
      }),
    );
  });

  it('differs where the content differs', () => {
    const hashes = [
      { id: 'a', integration: {}, blueprints: {} },
      { id: 'b', integration: {}, blueprints: {} },
      { id: 'a', integration: { x: 1 }, blueprints: {} },
      { id: 'a', integration: {}, blueprints: { x: 1 } },
      { id: 'a', integration: { x: '1' }, blueprints: {} },
      { id: 'a', integration: { x: [1, 2] }, blueprints: {} },
      { id: 'a', integration: { x: [2, 1] }, blueprints: {} },
      { id: 'a', integration: { x: null }, blueprints: {} },
    ].map(hashDocument);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('does not change with comments, quotes or layout of the file', () => {
    const context = contextOf();
    const [first] = load(acme()).documents;
    const text = JSON.stringify({ integrations: { acme: first?.integration } });
    const [second] = loadConfiguration({ file: 'other.yaml', text: `# the same\n${text}\n` }, context).documents;
    expect(first && hashDocument(first)).toBe(second && hashDocument(second));
  });
});
