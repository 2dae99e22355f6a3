import { describe, expect, it } from 'vitest';
import { resolveDocument } from '../../config/load.ts';
import { serverSettings } from '../../config/server.ts';
import { acme, contextOf, load, mistakes } from './support.ts';

const DEFAULTS = { host: '127.0.0.1', port: 8480, token: null, maxBody: 64 * 1024 * 1024 };

const withServer = (value: string): string => acme({ top: `server: ${value}\n` });

describe('server:', () => {
  it('left out, empty, or without a file at all: this machine only, port 8480, a token that is made, 64 MB', () => {
    expect(load(acme()).server).toEqual(DEFAULTS);
    expect(load(withServer('')).server).toEqual(DEFAULTS);
    expect(load(withServer('{ port: , token: , maxBody: }')).server).toEqual(DEFAULTS);
    expect(serverSettings(contextOf())).toEqual(DEFAULTS);
  });

  it('takes every key, and values from the environment', () => {
    const text = withServer(`{ host: 0.0.0.0, port: "\${env:PORT}", token: "\${env:T}", maxBody: 500KB }`);
    expect(load(text, { PORT: '9000', T: 'abc' }).server).toEqual({
      host: '0.0.0.0',
      port: 9000,
      token: 'abc',
      maxBody: 500 * 1024,
    });
  });

  it('TIDEMARK_TOKEN, TIDEMARK_HOST and TIDEMARK_PORT win over the file; empty ones count as not set', () => {
    const text = withServer(`{ host: ::1, port: 1, token: "\${env:NOT_SET}" }`);
    const env = { TIDEMARK_TOKEN: 'abc', TIDEMARK_HOST: '0.0.0.0', TIDEMARK_PORT: '9000' };
    const expected = { ...DEFAULTS, host: '0.0.0.0', port: 9000, token: 'abc' };
    expect(load(text, env).server).toEqual(expected);
    expect(load(acme(), env).server).toEqual(expected);
    expect(serverSettings(contextOf(env))).toEqual(expected);
    expect(load(acme(), { TIDEMARK_TOKEN: '', TIDEMARK_PORT: '' }).server).toEqual(DEFAULTS);
  });

  it.each([
    ['5', '1:9  server: must be a map, not 5'],
    ['{ port: 65536 }', '1:17  server.port: must be at most 65535, not 65536'],
    ['{ port: x }', '1:17  server.port: must be a number, not "x"'],
    ['{ maxBody: 64 }', '1:20  server.maxBody: must be a size with its unit, such as 500KB or 64MB'],
    ['{ maxBody: 1B }', '1:20  server.maxBody: must be at least 1KB'],
    ['{ maxBody: 1GB }', '1:20  server.maxBody: must be at most 512MB'],
    ['{ prt: 1 }', '1:11  server.prt: unknown key "prt"; did you mean "port"? (one of: host, port, token, maxBody)'],
    [`{ token: "\${env:T}" }`, '1:19  server.token: the environment variable T is not set'],
  ])('%s is a mistake with its place', (value, message) => {
    const found = mistakes(withServer(value));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it('is checked together with the rest', () => {
    expect(mistakes(acme({ top: 'server: { port: -1 }\n', integration: '    concurrency: 0\n' }))).toHaveLength(2);
  });

  it('a token that is wrong is not shown', () => {
    for (const token of ['12345678', '"a secret with spaces"', '[geheim]']) {
      expect(mistakes(withServer(`{ token: ${token} }`)).join()).not.toMatch(/12345678|a secret|geheim/);
    }
    const env = { TIDEMARK_TOKEN: 'two words', TIDEMARK_PORT: 'geheim' };
    expect(mistakes(acme(), env).join()).toMatch(/server\.token: .*TIDEMARK_TOKEN/);
    expect(mistakes(acme(), env).join()).toMatch(/server\.port: must be a number, not what TIDEMARK_PORT holds/);
  });

  it('is no matter of the workers: what is stored of a configuration has none, and is read without it', () => {
    const [document] = load(withServer('{ token: abc }')).documents;
    expect(JSON.stringify(document)).not.toContain('abc');
    expect(resolveDocument(document as never, contextOf({ TIDEMARK_PORT: 'x' })).id).toBe('acme');
  });
});
