import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { html } from 'hono/html';
import type { ServerEnv } from '../parts.ts';
import type { Html } from './parts.ts';

export interface PolledParts {
  readonly id: string;
  /** Where the part is asked for again. */
  readonly address: string;
  /** Seconds between questions. */
  readonly every: number;
  /** Said to who cannot see it, whenever it changes. */
  readonly said: string;
  readonly content: Html;
}

export interface Polled {
  readonly digest: string;
  readonly part: Html;
}

/** A part of a page that keeps itself up to date. */
export async function polled({ id, address, every, said, content }: PolledParts): Promise<Polled> {
  const inner = await content;
  const digest = createHash('sha256').update(`${address} ${every} ${said} ${inner}`).digest('base64url').slice(0, 16);
  const again = `${address}${address.includes('?') ? '&' : '?'}seen=${digest}`;
  const part = html`<div id="${id}" data-said="${said}" hx-get="${again}" hx-trigger="every ${every}s" hx-target="this" hx-swap="outerHTML" hx-sync="this:drop">
${inner}
</div>`;
  return { digest, part };
}

/** Nothing where the part is still as it was seen: what has the focus, is selected or is read aloud stays untouched. */
export async function answerPolled(c: Context<ServerEnv>, { digest, part }: Polled): Promise<Response> {
  if (c.req.query('seen') === digest) return c.body(null, 204);
  return c.html(await part);
}

/** Whether htmx asks, which puts the answer into the page that is there. */
export const isPartial = (c: Context<ServerEnv>): boolean => c.req.header('hx-request') === 'true';
