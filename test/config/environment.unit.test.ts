import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IntegrationDocument } from '../../config/configuration.ts';
import { storedInterval } from '../../config/load.ts';
import { variablePrefix } from '../../config/settings.ts';
import { acme, load, loadOne, mistakes, refusal } from './support.ts';

const source = (line: string) => acme({ source: `      ${line}\n` });
const settings = (text: string, env: Record<string, string>) => loadOne(text, env).source.settings;

describe('references to the environment', () => {
  it('take the value of the variable, alone or within a longer text, one or several', () => {
    const env = { TOKEN: 's3cr3t', HOST: 'forge.test', PORT: '8443' };
    expect(settings(source(`accessToken: \${env:TOKEN}`), env).accessToken).toBe('s3cr3t');
    expect(settings(source(`baseUrl: "https://\${env:HOST}:\${env:PORT}/api"`), env).baseUrl).toBe(
      'https://forge.test:8443/api',
    );
  });

  it('take the default when the variable is not set or empty', () => {
    const text = source(`accessToken: x\${env:TOKEN:-de:fault-}`);
    expect(settings(text, {}).accessToken).toBe('xde:fault-');
    expect(settings(text, { TOKEN: '' }).accessToken).toBe('xde:fault-');
    expect(settings(text, { TOKEN: 'real' }).accessToken).toBe('xreal');
  });

  it('that come out empty leave the setting unset', () => {
    for (const [text, env] of [
      [source(`accessToken: \${env:TOKEN:-}`), {}],
      [source(`accessToken: \${env:TOKEN}`), { TOKEN: '' }],
    ] as const) {
      expect(settings(text, env)).not.toHaveProperty('accessToken');
    }
    expect(mistakes(source(`archived: \${env:A:-}\n      pageSize: x`))).toEqual([
      '6:17  integrations.acme.source.pageSize: must be a number, not that text',
    ]);
    const identity = `      - { kind: repository, entity: { identifier: "\${env:ID:-}", blueprint: b } }\n`;
    expect(mistakes(acme({ resources: identity }))[0]).toContain(
      `identifier: is missing; it must be a JSONata expression, such as full_name (set by \${env:ID})`,
    );
  });

  it('to a variable that is not set are a mistake that names it, and the only one about that value', () => {
    expect(mistakes(source(`baseUrl: https://\${env:NO_HOST}/\${env:NO_PATH}`))).toEqual([
      `5:24  integrations.acme.source.baseUrl: the environment variable NO_HOST is not set; set it, or give a default: \${env:NO_HOST:-…}`,
      `5:39  integrations.acme.source.baseUrl: the environment variable NO_PATH is not set; set it, or give a default: \${env:NO_PATH:-…}`,
    ]);
    expect(mistakes(acme({ integration: `    concurrency: \${env:NONE}\n` }))).toHaveLength(1);
    expect(mistakes(acme().replace('forge', `\${env:NONE}`))).toHaveLength(1);
  });

  it.each([`\${env:}`, `\${env:1A}`, `\${env:A`, `\${env:A-B}`, `\${env: A}`, `\${env:A:-\${env:B}}`])(
    'that are broken are a mistake: %s',
    (text) => {
      const found = mistakes(source(`accessToken: '${text}'`), { A: 'a', B: 'b' });
      expect(found).toEqual([
        `5:21  integrations.acme.source.accessToken: a reference to the environment is written \${env:NAME} or \${env:NAME:-default}`,
      ]);
    },
  );

  it('of other tools are not taken for a value', () => {
    expect(mistakes(source(`accessToken: \${GITHUB_TOKEN}`))).toEqual([
      `5:20  integrations.acme.source.accessToken: \${GITHUB_TOKEN} is not replaced; write \${env:GITHUB_TOKEN}`,
    ]);
  });

  it('are not looked for in what the environment holds', () => {
    const value = `\${env:OTHER} \${env:`;
    expect(settings(source(`accessToken: \${env:TOKEN}`), { TOKEN: value }).accessToken).toBe(value);
  });

  it('become numbers and booleans where those are asked for, and stay text elsewhere', () => {
    const text = source(`pageSize: \${env:SIZE}\n      archived: \${env:YES}\n      accessToken: \${env:SIZE}`);
    expect(settings(text, { SIZE: '25', YES: 'true' })).toMatchObject({
      pageSize: 25,
      archived: true,
      accessToken: '25',
    });
    expect(loadOne(acme({ integration: `    concurrency: \${env:N:-2}\n` })).concurrency).toBe(2);
    expect(mistakes(text, { SIZE: 'many', YES: 'yes' })).toEqual([
      `5:17  integrations.acme.source.pageSize: must be a number, not what \${env:SIZE} holds`,
      `6:17  integrations.acme.source.archived: must be true or false, not what \${env:YES} holds`,
    ]);
  });

  it('do not stand in keys', () => {
    const resources = `      - { kind: repository, entity: { identifier: a, blueprint: b, properties: { "\${env:K}": c } } }\n`;
    expect(mistakes(acme({ resources }), { K: 'k' })[0]).toContain('a key cannot come from the environment');
  });
});

describe('environment settings', () => {
  const text = source('baseUrl: https://file.example\n      accessToken: from-file');

  it('S3.5 S3.7 the base URL of the environment wins over the file', () => {
    const env = { TIDEMARK__ACME__BASE_URL: 'https://env.example' };
    expect(settings(text, env)).toMatchObject({ baseUrl: 'https://env.example', accessToken: 'from-file' });
    expect(settings(acme(), env).baseUrl).toBe('https://env.example');
    expect(settings(acme(), {}).baseUrl).toBe('https://forge.example');
  });

  it('S3.6 S3.7 the access token of the environment wins over the file, also over a reference that is not set', () => {
    const env = { TIDEMARK__ACME__ACCESS_TOKEN: 'from-env' };
    expect(settings(text, env).accessToken).toBe('from-env');
    expect(settings(acme(), env).accessToken).toBe('from-env');
    expect(settings(source(`accessToken: \${env:NOT_SET}`), env).accessToken).toBe('from-env');
    expect(settings(acme().replace('forge', `\${env:TYPE}`), { ...env, TYPE: 'forge' }).accessToken).toBe('from-env');
  });

  it('that are empty count as not set', () => {
    expect(settings(text, { TIDEMARK__ACME__ACCESS_TOKEN: '' }).accessToken).toBe('from-file');
  });

  it('are not read for references', () => {
    expect(settings(acme(), { TIDEMARK__ACME__ACCESS_TOKEN: `\${env:HOME}`, HOME: '/' }).accessToken).toBe(
      `\${env:HOME}`,
    );
  });

  describe('of the interval of scheduled resyncs', () => {
    const OWN = 'TIDEMARK__ACME__SCHEDULED_RESYNC_INTERVAL';
    const DEFAULT = 'TIDEMARK_SCHEDULED_RESYNC_INTERVAL';
    const hours = (text: string, env: Record<string, string> = {}) => {
      const { scheduledResyncInterval: interval } = loadOne(text, env);
      return interval === null ? null : interval / 3_600_000;
    };
    const file = acme({ integration: '    scheduledResyncInterval: 2h\n' });

    it("S1.3 the integration's own variable wins over the file, the file over the default for all", () => {
      expect(hours(acme())).toBeNull();
      expect(hours(file)).toBe(2);
      expect(hours(acme(), { [DEFAULT]: '3h' })).toBe(3);
      expect(hours(file, { [DEFAULT]: '3h' })).toBe(2);
      expect(hours(acme(), { [DEFAULT]: '3h', [OWN]: '4h' })).toBe(4);
      expect(hours(file, { [DEFAULT]: '3h', [OWN]: '4h' })).toBe(4);
      expect(hours(file, { [DEFAULT]: '', [OWN]: '' })).toBe(2);
    });

    it('S1.3 the default counts where the file leaves the key empty, also by a reference', () => {
      expect(hours(acme({ integration: '    scheduledResyncInterval:\n' }), { [DEFAULT]: '3h' })).toBe(3);
      const reference = acme({ integration: `    scheduledResyncInterval: \${env:PACE:-}\n` });
      expect(hours(reference, { [DEFAULT]: '3h' })).toBe(3);
      expect(hours(reference, { [DEFAULT]: '3h', PACE: '5h' })).toBe(5);
    });

    it('S1.3 the default is that of every integration that has none', () => {
      const entry = (id: string, line = '') =>
        `  ${id}: { ${line}source: { type: forge }, resources: [{ kind: repository, entity: { identifier: a, blueprint: b } }] }\n`;
      const text = `integrations:\n${entry('a')}${entry('b', 'scheduledResyncInterval: 1d, ')}${entry('c')}`;
      const { integrations } = load(text, { [DEFAULT]: '12h', TIDEMARK__C__SCHEDULED_RESYNC_INTERVAL: '1h' });
      expect(integrations.map((each) => (each.scheduledResyncInterval ?? 0) / 3_600_000)).toEqual([12, 24, 1]);
    });

    it.each([OWN, DEFAULT])('%s that is no duration is shown by its name', (variable) => {
      expect(mistakes(acme(), { [variable]: 'often' })).toEqual([
        `2:3  integrations.acme.scheduledResyncInterval: must be a duration with its unit, such as 500ms, 5s, 2m, 2h or 1d (set by ${variable})`,
      ]);
      expect(mistakes(acme(), { [variable]: '10ms' })[0]).toMatch(/must be at least 1s \(set by /);
    });

    it('of a stored configuration can be told without what else it needs from the environment', () => {
      const text = acme({
        source: `      accessToken: \${env:TOKEN}\n`,
        integration: `    scheduledResyncInterval: \${env:PACE:-90m}\n`,
      });
      const [document] = load(text, { TOKEN: 't' }).documents as [IntegrationDocument];
      expect(storedInterval(document, {})).toBe(5400);
      expect(storedInterval(document, { PACE: '1500ms' })).toBe(2);
      expect(storedInterval(document, { [OWN]: '4h' })).toBe(14_400);
      expect(() => storedInterval(document, { PACE: 'often', TOKEN: 't' })).toThrow(
        `integrations.acme.scheduledResyncInterval: must be a duration with its unit, such as 500ms, 5s, 2m, 2h or 1d (set by \${env:PACE})`,
      );
      const [plain] = load(acme()).documents as [IntegrationDocument];
      expect(storedInterval(plain, {})).toBeNull();
      expect(storedInterval(plain, { [DEFAULT]: '3h' })).toBe(10_800);
    });
  });

  it('belong to one integration, by its id in capitals with underscores', () => {
    const entry = (id: string) =>
      `  ${id}: { source: { type: forge }, resources: [{ kind: repository, entity: { identifier: a, blueprint: b } }] }\n`;
    const env = {
      TIDEMARK__A_B__ACCESS_TOKEN: 'one',
      TIDEMARK__A__ACCESS_TOKEN: 'two',
      TIDEMARK__A__B__ACCESS_TOKEN: 'three',
    };
    const { integrations } = load(`integrations:\n${entry('a')}${entry('a-b')}${entry('a--b')}${entry('c')}`, env);
    expect(integrations.map(({ id, source: { settings: read } }) => [id, read.accessToken])).toEqual([
      ['a', 'two'],
      ['a-b', 'one'],
      ['a--b', 'three'],
      ['c', undefined],
    ]);
  });

  it('never are those of two integrations at once', () => {
    const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/);
    fc.assert(
      fc.property(id, id, (a, b) => {
        fc.pre(a !== b);
        expect(variablePrefix(a)).not.toBe(variablePrefix(b));
      }),
    );
  });

  it('are left alone where the source has no such setting', () => {
    const feed =
      '  acme: { source: { type: feed }, resources: [{ kind: item, entity: { identifier: a, blueprint: b } }] }\n';
    expect(settings(`integrations:\n${feed}`, { TIDEMARK__ACME__ACCESS_TOKEN: 'x' })).toEqual({});
  });

  it('with a misspelt name are a mistake', () => {
    expect(mistakes(acme(), { TIDEMARK__ACME__BASEURL: 'https://x' })).toEqual([
      '2:3  integrations.acme: the environment variable TIDEMARK__ACME__BASEURL is not a setting; did you mean TIDEMARK__ACME__BASE_URL?',
    ]);
    expect(mistakes(acme(), { TIDEMARK__ACME__COLOUR: 'red' })[0]).toContain(
      'one of: TIDEMARK__ACME__BASE_URL, TIDEMARK__ACME__ACCESS_TOKEN',
    );
    expect(load(acme(), { TIDEMARK__OTHER__BASEURL: 'x', TIDEMARK__ACMEX__Y: 'z' }).integrations).toHaveLength(1);
  });

  it('that are wrong are shown by the name of the variable', () => {
    expect(mistakes(text, { TIDEMARK__ACME__BASE_URL: 'nonsense' })).toEqual([
      '5:16  integrations.acme.source.baseUrl: must be a URL, such as https://api.example.com, not what TIDEMARK__ACME__BASE_URL holds',
    ]);
    expect(mistakes(acme(), { TIDEMARK__ACME__BASE_URL: 'nonsense' })[0]).toMatch(/^3:5 /);
  });
});

describe('secrets', () => {
  it.each([
    ['a setting that does not fit', `baseUrl: \${env:S}`],
    ['a number in a secret setting', 'accessToken: 918273645'],
    ['a text where a number belongs', 'pageSize: 918273645x'],
    ['a type', `type: \${env:S}`],
  ])('do not show in messages: %s', (_, line) => {
    const text = line.startsWith('type') ? acme().replace('type: forge', line) : source(line);
    expect(refusal(text, { S: '918273645' }).message).not.toContain('918273645');
  });

  it("do not show in a definition's own message that quotes the value", () => {
    expect(mistakes(source(`region: \${env:S}`), { S: 'atlantis' })).toEqual([
      `5:15  integrations.acme.source.region: no region is called *** (set by \${env:S})`,
    ]);
    expect(mistakes(source('region: atlantis'))).toEqual([
      '5:15  integrations.acme.source.region: no region is called ***',
    ]);
  });

  it('do not show in an expression that they are part of', () => {
    const resources = `      - { kind: repository, entity: { identifier: 'a = "\${env:S}" !!', blueprint: b } }\n`;
    expect(mistakes(acme({ resources }), { S: '918273645' })).toEqual([
      `6:51  integrations.acme.resources[0].entity.identifier: is not valid JSONata (set by \${env:S})`,
    ]);
  });

  it('do not show wherever a reference stands', () => {
    const places = [
      acme().replace('type: forge', 'type: SECRET'),
      acme({ source: '      baseUrl: SECRET\n      pageSize: SECRET\n' }),
      acme({ integration: '    concurrency: SECRET\n    cancelDeadline: SECRET\n    deletes: SECRET\n' }),
      acme({ integration: '    destination: { type: "SECRET" }\n' }),
      acme({
        resources: '      - { kind: "SECRET", selector: { type: "SECRET", query: "SECRET!!" }, entity: "SECRET" }\n',
      }),
      acme({
        resources:
          '      - { kind: organization, selector: { organizations: "SECRET" }, entity: { identifier: ["SECRET"] } }\n',
      }),
      acme({
        top: 'blueprints: { r: { properties: { a: { type: "SECRET" } }, relations: { b: { target: "SECRET" } } } }\n',
      }),
      acme({ top: 'blueprints: { r: { relations: { b: { target: r, many: "SECRET" } } } }\n' }),
      acme({
        top: 'blueprints: { r: { properties: { url: { type: string } } } }\n',
        resources: `      - kind: repository
        entity: { identifier: a, blueprint: '"SECRET"', properties: { uri: b }, relations: { c: d } }
      - SECRET
`,
      }),
    ];
    for (const text of places) {
      const { message } = refusal(text.replaceAll('SECRET', `\${env:S}`), { S: '918273645!' });
      expect(message).toContain(`\${env:S}`);
      expect(message).not.toContain('918273645');
    }
  });
});
