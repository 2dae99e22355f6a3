import { describe, expect, it } from 'vitest';
import { acme, load, mistakes } from './support.ts';

describe('keys of later versions are refused by name', () => {
  const integration = (line: string) => acme({ integration: `    ${line}\n` });
  const resource = (line: string) =>
    acme({ resources: `      - kind: repository\n        entity: { identifier: a, blueprint: b }\n        ${line}\n` });
  it.each([
    ['server', acme({ top: 'server: { port: 8480 }\n' })],
    ['scheduledResyncInterval', integration('scheduledResyncInterval: 2h')],
    ['onTrigger', integration('onTrigger: restart')],
    ['starvationGuard', integration('starvationGuard: 5')],
    ['keepRawPages', integration('keepRawPages: 1')],
    ['policy', integration('policy: {}')],
    ['maxShare', integration('deletes: { maxShare: 0.3 }')],
    ['maxCount', integration('deletes: { maxCount: 5 }')],
    ['emptySource', integration('deletes: { emptySource: hold }')],
    ['removed', integration('deletes: { removed: hold }')],
    ['webhookSecret', acme({ source: '      webhookSecret: abc\n' })],
    ['policy', resource('policy: {}')],
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

  it.each(['tidemark', 'module'])('source type %s', (type) => {
    const text = acme().replace('type: forge', `type: ${type}`);
    expect(mistakes(text)).toEqual([
      `4:13  integrations.acme.source.type: source type \`${type}\` is not supported yet in this version; one of: forge, feed`,
    ]);
  });

  it.each(['port', 'shopware'])('destination type %s, whatever its settings', (type) => {
    const text = acme({ integration: `    destination: { type: ${type}, baseUrl: x, merge: true }\n` });
    expect(mistakes(text)).toEqual([
      `5:26  integrations.acme.destination.type: destination type \`${type}\` is not supported yet in this version; one of: catalog`,
    ]);
  });

  it('and so are environment settings', () => {
    expect(load(acme(), { TIDEMARK_SCHEDULED_RESYNC_INTERVAL: '' }).integrations).toHaveLength(1);
    expect(mistakes(acme(), { TIDEMARK_SCHEDULED_RESYNC_INTERVAL: '2h' })).toEqual([
      '1:1  the environment variable `TIDEMARK_SCHEDULED_RESYNC_INTERVAL` is not supported yet in this version',
    ]);
    expect(mistakes(acme(), { TIDEMARK__ACME__SCHEDULED_RESYNC_INTERVAL: '2h' })).toEqual([
      '2:3  integrations.acme: the environment variable `TIDEMARK__ACME__SCHEDULED_RESYNC_INTERVAL` is not supported yet in this version',
    ]);
  });

  it('only where they will belong; elsewhere they are unknown', () => {
    expect(mistakes(acme({ integration: '    maxShare: 1\n' }))[0]).toContain('unknown key "maxShare"');
    expect(mistakes(acme({ integration: '    server: 1\n' }))[0]).toContain('unknown key "server"');
  });
});
