import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { GitHubClient } from '../../examples/github-listeners/client.ts';
import definition from '../../examples/github-listeners/main.ts';
import type { Settings } from '../../index.ts';
import { errorOf, serve, storeOf } from './support.ts';

const { signal } = new AbortController();

/** What the client of the example asks for, and is given. */
function recorded(answers: readonly Response[]): { readonly url: string; readonly headers: unknown }[] {
  const asked: { url: string; headers: unknown }[] = [];
  const left = [...answers];
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    asked.push({ url: String(url), headers: init?.headers });
    return left.shift() ?? Response.json({});
  });
  onTestFinished(() => spy.mockRestore());
  return asked;
}

function githubOf(settings: Readonly<Record<string, string>>): GitHubClient {
  const config = { get: (key: string, standard?: string) => settings[key] ?? standard } as Settings;
  return definition.setUp({ config }).github;
}

describe('the client of the example', () => {
  it('S3.4 S3.5 S3.9 asks api.github.com, or the host that is set; the token goes with it where there is one', async () => {
    const asked = recorded([]);
    await githubOf({}).organizations(['acme'], signal);
    await githubOf({ baseUrl: 'https://ghe.example/api/v3/', accessToken: 'hush' }).organizations(['acme'], signal);
    expect(asked.map(({ url }) => url)).toEqual([
      'https://api.github.com/orgs/acme',
      'https://ghe.example/api/v3/orgs/acme',
    ]);
    expect(asked[0]?.headers).not.toHaveProperty('authorization');
    expect(asked[1]?.headers).toMatchObject({ authorization: 'Bearer hush' });
  });

  it('S3.22 asks for a page when the one before was taken', async () => {
    const server = await serve({ store: storeOf({ acme: [0, 0, 0, 0, 0] }), pageSizeLimit: 2 });
    const pages = new GitHubClient({ baseUrl: server.url }).repositories(['acme'], 'all', signal);
    await pages.next();
    expect(server.requests).toHaveLength(1);
    await pages.next();
    expect(server.requests.map(({ page }) => page)).toEqual([1, 2]);
    const sizes = [];
    for await (const page of pages) sizes.push(page.length);
    expect(sizes).toEqual([1]);
  });

  it('tries again what may pass, and follows no link to another host', async () => {
    const asked = recorded([
      new Response('', { status: 502 }),
      Response.json([], { headers: { link: '<https://elsewhere.example/next>; rel="next"' } }),
    ]);
    const pages = githubOf({ accessToken: 'hush' }).repositories(['acme'], 'all', signal);
    await pages.next();
    expect(asked).toHaveLength(2);
    expect((await errorOf(pages.next())).message).toContain('a link leads to another host');
    expect(asked).toHaveLength(2);
  });

  it('ends with its signal, also while it waits to try again', async () => {
    const asked = recorded([new Response('', { status: 502 })]);
    const controller = new AbortController();
    const reading = githubOf({}).organizations(['acme'], controller.signal);
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    controller.abort(new Error('stopped'));
    await expect(reading).rejects.toThrow();
    expect(asked).toHaveLength(1);
  });
});
