import { describe, expect, it } from 'vitest';
import { readYaml } from '../../config/yaml.ts';
import { acme, load, loadOne, mistakes, RESOURCES } from './support.ts';

describe('text that is not YAML', () => {
  it.each([
    ['a tab', 'integrations:\n\tacme:\n\t\tsource: x\n', ['2:1', '3:1'], 'a tab is used to indent; use spaces'],
    ['an open quote', 'integrations: "abc\n', ['2:1'], 'Missing closing "quote'],
    ['an open brace', 'integrations: { a: 1\nb: 2\n', ['2:1'], 'Flow map'],
    ['a colon in a value', 'a: b: c\n', ['1:4'], 'a value that contains ": " must stand in quotes'],
    ['text after a quote', 'a: "b" = c\n', ['1:8'], 'must stand in quotes as a whole'],
    ['a backquote', 'a: `b`\n', ['1:4'], 'a value that begins with this character must stand in quotes'],
    ['a backslash', 'a: "b\\.c"\n', ['1:6'], 'use single quotes, where a backslash is a backslash'],
    ['a reference in braces', `a: { b: \${env:B} }\n`, ['1:10'], `a reference must stand in quotes: "\${env:NAME}"`],
  ])('%s is shown where it is', (_, text, places, message) => {
    const found = mistakes(text);
    expect(found.map((line) => line.split('  ')[0])).toEqual(places);
    for (const line of found) expect(line).toMatch(/ {2}is not YAML: /);
    for (const line of found) expect(line).toContain(message);
  });

  it('is reported once a line, and not for what follows from it', () => {
    const text = `a: "b" = c\nd: "e" = f\ng: "\\.\\."\nh: { b: \${env:B} }\ni: { j: k }\n`;
    expect(mistakes(text)).toEqual([
      expect.stringMatching(/^1:8 .* must stand in quotes as a whole/),
      expect.stringMatching(/^2:8 .* must stand in quotes as a whole/),
      expect.stringMatching(/^3:5 .* a backslash sequence/),
      expect.stringMatching(/^4:10 .* a reference must stand in quotes/),
    ]);
  });

  it('is not quoted in the message', () => {
    for (const text of [
      'a: "x"s3cr3t\n',
      'a: !s3cr3t!x y\n',
      'a: [b]\n]s3cr3t\n',
      'a: "\\s3cr3t"\n',
      '%s3cr3t\n---\na: |s3cr3t\n',
    ]) {
      expect(mistakes(text).join('\n')).not.toContain('s3cr3t');
    }
  });

  it('a negative zero is zero: JSON, as which it is stored, knows no other', () => {
    expect(Object.is((readYaml('a: -0\n').value as { a: number }).a, 0)).toBe(true);
  });

  it.each(['', '\n\n', '# only a comment\n', '---\n', 'null\n', '~'])('%j is empty', (text) => {
    expect(mistakes(text)).toEqual([expect.stringMatching(/^\d:\d {2}.*`integrations/)]);
  });

  it.each(['hello', '[a, b]', '- a\n- b\n', '5'])('%j is no map', (text) => {
    expect(mistakes(text)).toEqual(['1:1  must be a map with the key `integrations`']);
  });

  it('in several documents is refused', () => {
    expect(mistakes(`${acme()}---\n${acme()}`)).toEqual([
      '8:1  a second YAML document begins here; keep one in the file',
    ]);
    expect(load(`---\n${acme()}...\n`).integrations).toHaveLength(1);
  });

  it('ends in bounded time and memory however it is nested', () => {
    for (const text of ['['.repeat(200_000), '- '.repeat(50_000), '? '.repeat(50_000), '{a: '.repeat(20_000)]) {
      expect(mistakes(text)).toEqual([expect.stringContaining('is nested deeper than 64 levels')]);
    }
  });
});

describe('keys', () => {
  it('that are there twice are refused, with the line of the first', () => {
    const text = acme({ integration: '    concurrency: 2\n    concurrency: 3\n', source: '      type: feed\n' });
    expect(mistakes(text)).toEqual([
      '5:7  integrations.acme.source.type: the key is there twice, first on line 4; keep one',
      '7:5  integrations.acme.concurrency: the key is there twice, first on line 6; keep one',
    ]);
  });

  it('like `__proto__` and `constructor` are keys like any other that does not belong there', () => {
    const text = acme({ top: '__proto__: { polluted: 1 }\nconstructor: 1\ntoString: 2\n' });
    expect(mistakes(text)).toEqual([
      '1:1  a key must not be called `__proto__`',
      '2:1  constructor: unknown key "constructor"; one of: server, tombstones, blueprints, integrations',
      '3:1  toString: unknown key "toString"; one of: server, tombstones, blueprints, integrations',
    ]);
    expect({}).not.toHaveProperty('polluted');
  });

  it('of mapped properties may be called anything else', () => {
    const names = 'constructor: a, toString: b, hasOwnProperty: c, 2024: d, true: e, "a.b c": f';
    const resources = `      - { kind: repository, entity: { identifier: a, blueprint: '"r"', properties: { ${names} } } }\n`;
    expect(Object.entries(loadOne(acme({ resources })).resources[0]?.entity.properties ?? {})).toEqual([
      ['2024', 'd'],
      ['constructor', 'a'],
      ['toString', 'b'],
      ['hasOwnProperty', 'c'],
      ['true', 'e'],
      ['a.b c', 'f'],
    ]);
  });

  it('that are lists, maps or empty are refused', () => {
    expect(mistakes(acme({ top: '? [a]\n: 1\n' }))[0]).toContain('1:3  a key must be plain text');
    expect(mistakes(acme({ top: '{ a: 1 }: 2\n' }))[0]).toContain('1:1  a key must be plain text');
    const resources = `      - { kind: repository, entity: { identifier: a, blueprint: b, properties: { "": c } } }\n`;
    expect(mistakes(acme({ resources }))).toEqual([
      '6:82  integrations.acme.resources[0].entity.properties[""]: must not be empty',
    ]);
  });
});

describe('values', () => {
  const entity = (fields: string) =>
    acme({ resources: `      - { kind: repository, entity: { identifier: a, blueprint: b, ${fields} } }\n` });

  it('`yes`, `no` and `on` are text, as YAML 1.2 has it', () => {
    expect(loadOne(entity('title: yes, team: no')).resources[0]?.entity).toMatchObject({ title: 'yes', team: 'no' });
    expect(mistakes(acme({ source: '      archived: yes\n' }))[0]).toContain('archived: must be true or false');
  });

  it.each(['12345678901234567890', '.inf', '-.INF', '.nan', '1e999'])('%s is to be put in quotes', (number) => {
    expect(mistakes(entity(`title: ${number}`))).toEqual([
      expect.stringContaining('entity.title: cannot be held exactly as YAML reads it; put it in quotes'),
    ]);
  });

  it('with a tag of another program are refused', () => {
    expect(mistakes(acme({ source: '      accessToken: !env TOKEN\n' }))).toEqual([
      `5:25  integrations.acme.source.accessToken: the tag !env is not supported; for an environment variable write \${env:NAME}`,
    ]);
    expect(mistakes(entity('title: !!binary aGk='))[0]).toContain('the tag !!binary is not supported');
    expect(loadOne(entity('title: !!str 5')).resources[0]?.entity.title).toBe('5');
  });

  it('that PostgreSQL cannot store are refused', () => {
    expect(mistakes(entity('title: "a\\0b"'))[0]).toContain('entity.title: holds a NUL character');
    expect(mistakes(entity('title: "\\uD800"'))[0]).toContain('half of a surrogate pair');
    expect(mistakes(entity('properties: { "a\\0": b }'))[0]).toContain('entity.properties: holds a NUL character');
  });
});

describe('anchors and aliases', () => {
  it('stand for what they name; merged keys give way to those that are there', () => {
    const resources = `      - &first
        kind: repository
        entity: &entity { identifier: name, blueprint: '"repo"', title: title }
      - { kind: organization, selector: { organizations: [a] }, entity: *entity }
      - { <<: *first, entity: { <<: [*entity, { team: x }], title: other } }
`;
    const [first, second, third] = loadOne(acme({ resources })).resources;
    expect(second?.entity).toEqual(first?.entity);
    expect(third).toMatchObject({
      key: 'repository#2',
      entity: { identifier: 'name', blueprint: '"repo"', title: 'other', team: 'x' },
    });
  });

  it('name the nearest anchor above them, not one within what another alias stands for', () => {
    const resources = `      - { kind: repository, entity: &x { identifier: &y first, blueprint: b } }
      - { kind: repository, entity: { identifier: &y second, blueprint: b } }
      - { kind: repository, entity: *x }
      - { kind: repository, entity: { identifier: *y, blueprint: b } }
`;
    const identifiers = loadOne(acme({ resources })).resources.map(({ entity }) => entity.identifier);
    expect(identifiers).toEqual(['first', 'second', 'first', 'second']);
  });

  it('show a mistake where it was written', () => {
    const resources = `      - { kind: repository, entity: &e { identifier: 'a!!', blueprint: b } }
      - { kind: repository, entity: *e }
`;
    expect(mistakes(acme({ resources }))).toEqual([
      expect.stringMatching(/^6:56 {2}.*resources\[0\]/),
      expect.stringMatching(/^6:56 {2}.*resources\[1\]/),
    ]);
  });

  it('without an anchor before them are refused', () => {
    expect(mistakes(acme({ resources: '      - *nobody\n' }))).toEqual([
      '6:9  integrations.acme.resources[0]: there is no anchor &nobody above this line',
    ]);
    expect(mistakes(acme({ integration: '    <<: 5\n' }))[0]).toContain('`<<` must name a map by an alias');
  });

  it('that unfold without end are refused in bounded time', () => {
    const tenfold = (line: (index: number, aliases: string) => string) =>
      Array.from({ length: 30 }, (_, i) =>
        line(
          i,
          i === 0
            ? ''
            : Array(10)
                .fill(`*a${i - 1}`)
                .join(', '),
        ),
      ).join('');
    const bombs = [
      'integrations: &a [*a, *a]\n',
      'integrations: &a { <<: *a }\n',
      'integrations: &a { b: *a, c: *a }\n',
      tenfold((index, aliases) => `a${index}: &a${index} [${aliases}]\n`),
      tenfold((index, aliases) => `a${index}: &a${index} { <<: [${aliases}] }\n`),
      `a: &a { ${Array.from({ length: 1_000 }, (_, i) => `k${i}: v`)} }\nb: { <<: [${Array(1_000).fill('*a')}] }\n`,
    ];
    for (const bomb of bombs) {
      expect(mistakes(bomb)).toEqual([expect.stringMatching(/aliases (unfold to more than|stand in one another)/)]);
    }
  });
});

describe('positions', () => {
  it('count lines and columns from 1, with Windows line ends and a byte order mark too', () => {
    const text = `\uFEFF${acme({ top: 'x: 1\n' }).replaceAll('\n', '\r\n')}`;
    expect(mistakes(text)).toEqual(['1:1  x: unknown key "x"; one of: server, tombstones, blueprints, integrations']);
    expect(mistakes(acme({ integration: '    concurrency:   x\n' }).replaceAll('\n', '\r\n'))[0]).toMatch(/^5:20 /);
    expect(load(`\uFEFF${acme()}`).integrations).toHaveLength(1);
  });

  it('of a key that is missing are those of the map that lacks it', () => {
    expect(mistakes(`integrations:\n  acme:\n    resources:\n${RESOURCES}`)).toEqual([
      '2:3  integrations.acme.source: is missing; it must be a map',
    ]);
  });
});
