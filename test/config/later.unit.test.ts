import { describe, expect, it } from 'vitest';
import { acme, mistakes } from './support.ts';

describe('keys of later versions are refused by name', () => {
  const integration = (line: string) => acme({ integration: `    ${line}\n` });
  const resource = (line: string) =>
    acme({ resources: `      - kind: repository\n        entity: { identifier: a, blueprint: b }\n        ${line}\n` });
  it.each([
    ['keepRawPages', integration('keepRawPages: 1')],
    ['resolution', integration('policy: { resolution: newer }')],
    ['defaultResolution', integration('policy: { defaultResolution: other }')],
    ['resolve', resource('policy: { resolve: a }')],
    ['components', resource('components: []')],
    [
      'modifiedAt',
      acme({ resources: '      - { kind: repository, entity: { identifier: a, blueprint: b, modifiedAt: c } }\n' }),
    ],
  ])('%s', (key, text) => {
    const found = mistakes(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`[.\\s]${key}: \`${key}\` is not supported yet in this version$`));
  });

  it.each(['tidemark'])('source type %s', (type) => {
    const text = acme().replace('type: forge', `type: ${type}`);
    expect(mistakes(text)).toEqual([
      `4:13  integrations.acme.source.type: source type \`${type}\` is not supported yet in this version; one of: forge, feed`,
    ]);
  });

  it.each(['port'])('destination type %s, whatever its settings', (type) => {
    const text = acme({ integration: `    destination: { type: ${type}, baseUrl: x, merge: true }\n` });
    expect(mistakes(text)).toEqual([
      `5:26  integrations.acme.destination.type: destination type \`${type}\` is not supported yet in this version; one of: catalog`,
    ]);
  });

  it('only where they will belong; elsewhere they are unknown', () => {
    expect(mistakes(acme({ integration: '    maxShare: 1\n' }))[0]).toContain('unknown key "maxShare"');
    expect(mistakes(acme({ integration: '    server: 1\n' }))[0]).toContain('unknown key "server"');
  });
});
