import { describe, expect, it } from 'vitest';
import { acme, mistakes } from './support.ts';

describe('keys of later versions are refused by name', () => {
  const integration = (line: string) => acme({ integration: `    ${line}\n` });
  it.each([['keepRawPages', integration('keepRawPages: 1')]])('%s', (key, text) => {
    const found = mistakes(text);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`[.\\s]${key}: \`${key}\` is not supported yet in this version$`));
  });

  it('only where they will belong; elsewhere they are unknown', () => {
    expect(mistakes(acme({ integration: '    maxShare: 1\n' }))[0]).toContain('unknown key "maxShare"');
    expect(mistakes(acme({ integration: '    server: 1\n' }))[0]).toContain('unknown key "server"');
  });
});
