import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunReport } from '../../domain/run.ts';
import { generated } from '../../examples/github-server/generated.ts';
import type { RunningServer } from '../../server/listen.ts';
import { temporalUi } from '../../server/temporal-ui.ts';
import { CHROMIUM, startBrowser } from '../support/browser.ts';
import { Rig, TOKEN, until } from '../support/rig.ts';
import { addIntegration, resync } from './page-support.ts';

if (CHROMIUM === undefined) {
  console.warn(
    'Skipped: the Data Sources page in a browser. There is no chromium on the PATH (apt-get install chromium).',
  );
}

/** Each test that changes the source has an organization of its own, so that none sees the others' changes. */
const SIZES = { organizations: 3, repositories: 18, pullRequests: 4, repositoriesWithPulls: 2 };

describe.skipIf(CHROMIUM === undefined)('the Data Sources page in a browser', () => {
  const { store, organizations } = generated(SIZES);
  const [first, second, third] = organizations.map((login) => [login]) as [string[], string[], string[]];
  let browser: Browser;
  let rig: Rig;
  let server: RunningServer;
  let context: BrowserContext;
  let page: Page;
  /** What the browser complained of: scripts that failed or were refused, dialogs. */
  let complaints: string[];

  beforeAll(async () => {
    browser = await startBrowser();
    rig = await Rig.start({ store, organizations: first });
    await addIntegration(rig, { integration: 'acme-billing', organizations: first });
    await addIntegration(rig, { integration: 'acme-search', organizations: first });
    server = await rig.startServer({ temporalUi: temporalUi('http://127.0.0.1:8233/', undefined) });
  });
  afterAll(async () => {
    await browser?.close();
    await rig?.close();
  });

  beforeEach(() => open());
  afterEach(async () => {
    rig.intercept = undefined;
    await context?.close();
  });

  async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
    await context?.close();
    context = await browser.newContext(options);
    page = await context.newPage();
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy|Refused/.test(message.text())) complaints.push(message.text());
    });
    page.on('dialog', (dialog) => {
      complaints.push(dialog.message());
      void dialog.dismiss();
    });
  }

  async function logIn(path = '/'): Promise<void> {
    await page.goto(server.url + path);
    await page.getByLabel('Token').fill(TOKEN);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('button', { name: 'Log out' }).waitFor();
  }

  const at = (integration = rig.integration) => `/sources/${integration}`;
  const links = () => page.locator('tbody th a').allTextContents();
  const focused = () => page.evaluate('document.activeElement.id || document.activeElement.textContent.trim()');
  const chips = (): Promise<string[]> => page.locator('section[aria-labelledby=now] .facts .chip').allTextContents();
  const ended = (outcome: RunReport['outcome']) => until(async () => (await chips()).join() === outcome);

  /** Lets the source answer lists of repositories only when told. */
  function holdRepositories(): { readonly reached: Promise<void>; release(): void } {
    let release = (): void => {};
    let reach = (): void => {};
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    rig.intercept = async ({ path }) => {
      if (!path.endsWith('/repos')) return undefined;
      reach();
      await gate;
      return undefined;
    };
    return { reached, release };
  }

  it('S1.11 logs in, lists integrations, narrows them by search, and a click starts a run and shows it to its end', async () => {
    const held = holdRepositories();
    await logIn();
    expect(await links()).toEqual(['acme-billing', 'acme-search', rig.integration]);
    await page.getByLabel('Search').pressSequentially('acme');
    await until(async () => (await links()).length === 2);
    await page.getByLabel('Search').pressSequentially('-se');
    await until(async () => (await links()).join() === 'acme-search');
    expect(page.url()).toContain('search=acme-se');
    await page.getByLabel('Search').fill(rig.integration);
    await until(async () => (await links()).join() === rig.integration);
    await page.getByRole('link', { name: rig.integration }).click();
    await page.getByText('It never ran.').waitFor();
    expect(await page.getByLabel('Kinds').locator('option').allTextContents()).toEqual([
      'all',
      'organization',
      'repository',
      'pull-request',
    ]);

    await page.getByRole('button', { name: 'Resync' }).click();
    await held.reached;
    const row = page.getByRole('row', { name: 'repository' });
    await row.getByText('running').waitFor();
    expect(await chips()).toEqual(['running']);
    const cells = (kind: string) => page.getByRole('row', { name: kind }).locator('th, td').allTextContents();
    await until(async () => (await cells('organization'))[1] === 'complete');
    expect((await cells('organization'))[2]).toBe('1');
    held.release();
    await ended('complete');
    expect(await cells('repository')).toEqual(['repository', 'complete', '6', '6', '0', '0', '0']);
    expect(await page.getByRole('status').textContent()).toBe('Resync ended: complete');

    const [run] = await rig.client.runs(rig.integration, 1);
    expect(run).toMatchObject({ outcome: 'complete', triggers: [expect.any(String)] });
    const [trigger] = await rig.db.query('select origin from tidemark.trigger where integration = $1', [
      rig.integration,
    ]);
    expect(trigger).toEqual({ origin: 'ui' });
    const workflow = `http://127.0.0.1:8233/namespaces/default/workflows/resync%2F${rig.integration}/${run?.workflowRunId}/history`;
    expect(await page.locator(`a[href="${workflow}"]`).count()).toBe(2);
    expect(complaints).toEqual([]);
  });

  it('resyncs one kind, and what changed since the last run', async () => {
    await logIn(at());
    await page.getByLabel('Kinds', { exact: true }).selectOption('organization');
    await page.getByRole('button', { name: 'Resync' }).click();
    await page.getByText('Resync of organization', { exact: true }).first().waitFor();
    // The run before, of all kinds, is shown until the new one has begun.
    await until(
      async () => (await page.getByRole('region', { name: 'Kinds of the run' }).getByRole('row').count()) === 2,
    );
    await ended('complete');
    await page.getByLabel('Read').selectOption('last');
    await page.getByRole('button', { name: 'Resync' }).click();
    await page.getByText('Resync of organization, only what changed since the last run').first().waitFor();
    await ended('complete');
  });

  it('while a run goes on, what has the focus and where it was scrolled to stay, whatever is drawn anew', async () => {
    const held = holdRepositories();
    await open({ viewport: { width: 360, height: 700 } });
    await logIn(at('acme-search'));
    await page.getByRole('button', { name: 'Resync' }).click();
    await held.reached;
    await page.getByRole('region', { name: 'Kinds of the run' }).focus();
    const place = "document.querySelector('#kinds-of-the-run').scrollLeft";
    await page.evaluate(`${place} = 50`);
    const drawn = await page.locator('#overview').getAttribute('hx-get');
    await until(async () => (await page.locator('#overview').getAttribute('hx-get')) !== drawn);
    await until(async () => (await page.evaluate(place)) === 50);
    expect(await focused()).toBe('kinds-of-the-run');
    held.release();
    await ended('complete');
  });

  it('the button in the list leads to the run that it starts', async () => {
    await logIn();
    await page.getByRole('button', { name: 'Resync acme-search' }).click();
    await page.getByRole('heading', { name: 'acme-search' }).waitFor();
    await ended('complete');
  });

  it('3.5 held deletes are approved after a look at what goes, and go', async () => {
    const settings = { deletes: { maxCount: 2 } };
    const integration = await addIntegration(rig, { integration: 'acme-held', organizations: second, settings });
    await resync(rig, integration);
    const doomed = store
      .repositoriesOf(String(second))
      .slice(0, 4)
      .map(({ full_name }) => String(full_name));
    for (const name of doomed) store.removeRepository(name);
    expect((await resync(rig, integration)).outcome).toBe('held');

    await logIn();
    await page.getByRole('link', { name: '4 held deletes of acme-held' }).click();
    await page.getByRole('link', { name: 'Look at what is held' }).click();
    await page.getByRole('heading', { name: 'What would be deleted' }).waitFor();
    expect(await links()).toEqual(doomed);
    await page.getByRole('link', { name: 'Approve …' }).click();
    await page.getByRole('heading', { name: 'Delete 4 entities?' }).waitFor();
    expect(await links()).toEqual(doomed);
    await page.getByRole('link', { name: 'Cancel' }).click();
    expect((await rig.entities()).has(`repository/${doomed[0]}`)).toBe(true);
    await page.getByRole('link', { name: 'Approve …' }).click();
    await page.getByRole('button', { name: 'Delete 4 entities' }).click();
    await page
      .getByText(/Approved deletes of plan/)
      .first()
      .waitFor();
    await ended('complete');
    const left = [...(await rig.entities()).keys()];
    expect(left.filter((key) => doomed.includes(key.replace('repository/', '')))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('by keyboard alone: skips to the content, logs in, searches, resyncs; the focus stays where it is', async () => {
    const integration = await addIntegration(rig, { integration: 'keyboard', organizations: first });
    const held = holdRepositories();
    const press = async (key: string, times = 1) => {
      for (let pressed = 0; pressed < times; pressed++) await page.keyboard.press(key);
    };
    await page.goto(server.url);
    expect(await focused()).toBe('token');
    await page.keyboard.type(TOKEN);
    await press('Enter');
    await page.locator('#list').waitFor();
    await press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await press('Enter');
    await press('Tab');
    expect(await focused()).toBe('search');
    await page.keyboard.type(integration);
    await until(async () => (await links()).length === 1);
    expect(await focused()).toBe('search');
    await until(async () => {
      await press('Tab');
      return (await focused()) === `source-${integration}`;
    });
    await press('Enter');
    await page.locator('#overview').waitFor();
    await until(async () => {
      await press('Tab');
      return (await focused()) === 'resync';
    });
    const ring = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(ring).toBe('solid');
    await press('Enter');
    await held.reached;
    await until(async () => (await chips()).join() === 'running');
    expect(await focused()).toBe('resync');

    // A link within the part that is drawn anew every second.
    await until(async () => {
      await press('Tab');
      return String(await focused()).startsWith('run-');
    });
    const before = await focused();
    const drawn = await page.locator('#overview').getAttribute('hx-get');
    held.release();
    await ended('complete');
    expect(await page.locator('#overview').getAttribute('hx-get')).not.toBe(drawn);
    expect(await focused()).toBe(before);
    await press('Enter');
    await page.getByRole('heading', { name: `Run ${integration}.1` }).waitFor();
  });

  it('a wrong token is refused with words, and where the right one is; then it goes on to the page that was asked for', async () => {
    await page.goto(`${server.url}${at()}`);
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page
      .getByRole('alert')
      .filter({ hasText: /^The token is not the right one\.$/ })
      .waitFor();
    expect(await page.locator('#where').textContent()).toContain('.tidemark/token');
    await page.getByLabel('Token').fill(TOKEN);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: rig.integration }).waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Token').waitFor();
  });

  it('when the session is over, the page says so instead of standing still', async () => {
    await logIn(at());
    await context.clearCookies();
    await context.addCookies([{ name: 'tidemark_session', value: 'over', url: server.url }]);
    await page.getByText('Your session is over. Log in again to go on.').waitFor();
  });

  it('when the server is gone, the page says so, and again when it is back', async () => {
    await logIn(at());
    await context.setOffline(true);
    await page.getByText('The server does not answer.').waitFor();
    await context.setOffline(false);
    await page.getByText('The server does not answer.').waitFor({ state: 'detached' });
  });

  it('without scripts: forms lead on, and the page shows the run', async () => {
    await open({ javaScriptEnabled: false });
    await logIn();
    await page.getByLabel('Search').fill('billing');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    expect(await links()).toEqual(['acme-billing']);
    await page.getByRole('link', { name: 'acme-billing' }).click();
    await page.getByRole('button', { name: 'Resync' }).click();
    await until(async () => {
      await page.reload();
      return (await chips()).join() === 'complete';
    });
  });

  it('what records hold is text, never markup or script', async () => {
    const integration = await addIntegration(rig, { integration: 'hostile', organizations: third });
    const [repository] = store.repositoriesOf(String(third));
    const hostile = '<script>alert(1)</script>"\'><img src=x onerror=alert(2)>';
    store.putRepository({ ...(repository as object), name: hostile, html_url: 'javascript:alert(3)' } as never);
    await resync(rig, integration);
    // What a resync writes is indexed a moment later.
    await until(async () => (await rig.client.entities({ search: 'onerror', limit: 1 })).length === 1);
    await logIn('/entities');
    await page.getByLabel('Search').fill('onerror');
    await until(async () => (await links()).length === 1);
    expect(await page.locator('tbody td').last().textContent()).toBe(hostile);
    await page.locator('tbody th a').click();
    expect(await page.locator('h1').textContent()).toBe(hostile);
    expect(await page.locator('main img, main script, a[href^="javascript"]').count()).toBe(0);
    await page.getByText('javascript:alert(3)').waitFor();
    expect(complaints).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('%s: no page is wider than a narrow screen', async (colorScheme) => {
    await open({ colorScheme, viewport: { width: 360, height: 700 } });
    await logIn();
    const { run } = await resync(rig, 'acme-billing');
    for (const path of [
      '/',
      at(),
      `${at('acme-billing')}/runs/${run}`,
      `${at()}/plans`,
      `${at()}/quarantine`,
      '/entities',
    ]) {
      await page.goto(server.url + path);
      const root = 'document.documentElement';
      expect(await page.evaluate(`${root}.scrollWidth <= ${root}.clientWidth`), path).toBe(true);
    }
  });
});

describe.skipIf(CHROMIUM === undefined)('the Data Sources page without a worker', () => {
  let browser: Browser;
  let rig: Rig;

  beforeAll(async () => {
    browser = await startBrowser();
    const source = generated(SIZES);
    rig = await Rig.start({ store: source.store, organizations: source.organizations, worker: false });
  });
  afterAll(async () => {
    await browser?.close();
    await rig?.close();
  });

  it('S1.2 says so, says what to do, and triggers nothing', async () => {
    const server = await rig.startServer();
    const page = await browser.newPage();
    await page.goto(`${server.url}/sources/${rig.integration}`);
    await page.getByLabel('Token').fill(TOKEN);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('No worker runs, so nothing can be resynced. Start one').waitFor();
    await page.getByRole('button', { name: 'Resync' }).click();
    const alert = page.getByRole('alert');
    await alert.getByText(/nothing was triggered: start one with/).waitFor();
    expect(await rig.db.query('select from tidemark.trigger')).toEqual([]);
    // It stays until a resync could be triggered, whatever the page asks meanwhile.
    await page.waitForResponse((response) => response.status() === 204, { timeout: 20_000 });
    expect(await alert.textContent()).toContain('tidemark worker');
  });
});
