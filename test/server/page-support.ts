import { loadConfiguration } from '../../config/load.ts';
import type { RunReport } from '../../domain/run.ts';
import type { RunningServer } from '../../server/listen.ts';
import { configurationContext } from '../../workers/configuration-context.ts';
import { type GitHubConfigurationOptions, githubConfiguration } from '../support/github-configuration.ts';
import { type Rig, TOKEN } from '../support/rig.ts';

export interface PageAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Visitor {
  /** The cookie of its session. */
  readonly cookie: string;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<PageAnswer>;
  /** A form, sent from a page of the server. */
  post(
    path: string,
    fields?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<PageAnswer>;
}

/** A browser without scripts, logged in; with `cookie: ''` it is not. */
export async function visit({ url }: Pick<RunningServer, 'url'>, given?: { cookie: string }): Promise<Visitor> {
  const cookie = given?.cookie ?? (await sessionOf(url));
  const ask = async (path: string, init: RequestInit): Promise<PageAnswer> => {
    const headers = { accept: 'text/html,*/*;q=0.8', origin: url, cookie, ...(init.headers as object) };
    const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
    const response = await fetch(`${url}${path}`, { ...init, headers: sent, redirect: 'manual' });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return {
    cookie,
    get: (path, headers = {}) => ask(path, { headers }),
    post: (path, fields = {}, headers = {}) =>
      ask(path, { method: 'POST', body: new URLSearchParams(fields), headers }),
  };
}

async function sessionOf(url: string): Promise<string> {
  const answer = await fetch(`${url}/login`, {
    method: 'POST',
    body: new URLSearchParams({ token: TOKEN }),
    redirect: 'manual',
  });
  return String(answer.headers.get('set-cookie')).split(';')[0] as string;
}

/** Another integration in the rig's catalog, on the same source. */
export async function addIntegration(
  { client, server }: Pick<Rig, 'client' | 'server'>,
  options: Omit<GitHubConfigurationOptions, 'baseUrl'>,
): Promise<string> {
  const text = githubConfiguration({ ...options, baseUrl: server.url });
  await client.importConfiguration(loadConfiguration({ file: 'test.yaml', text }, configurationContext({})));
  return options.integration;
}

/** Triggers and follows the trigger to the end of the run that covers it. */
export const resync = async ({ client }: Pick<Rig, 'client'>, integration: string): Promise<RunReport> =>
  client.followTrigger(await client.resync(integration, { origin: 'sdk' }));
