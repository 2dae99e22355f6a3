import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { age } from '../../domain/age.ts';

/** Text that is escaped already: the only thing that pages put between tags as it is. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet';

/** How a word about a run, a kind or a plan is coloured; its text says the same. */
const TONES: Readonly<Record<string, Tone>> = {
  complete: 'good',
  applied: 'good',
  running: 'busy',
  waiting: 'busy',
  held: 'warn',
  open: 'warn',
  incomplete: 'warn',
  failed: 'bad',
};

/** A word of state, such as an outcome. */
export const chip = (word: string): Html => html`<span class="chip ${TONES[word] ?? 'quiet'}">${word}</span>`;

const NUMBER = new Intl.NumberFormat('en-US');

/** A number as people read it. */
export const number = (value: number): string => NUMBER.format(value);

/** `1 entity`, `2 entities`. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${number(value)} ${value === 1 ? one : many}`;

/** Seconds that something took. */
export const took = (seconds: number): string => (seconds < 120 ? `${seconds.toFixed(1)} s` : age(Math.round(seconds)));

/** How long ago a time was; the time itself shows where the pointer rests. */
export function ago(time: string): Html {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000));
  return timePart(time, seconds < 60 ? 'just now' : `${roughly(seconds)} ago`);
}

/** How long it is until a time. */
export function ahead(time: string): Html {
  const seconds = Math.round((Date.parse(time) - Date.now()) / 1000);
  return timePart(time, seconds < 60 ? 'within a minute' : `in ${roughly(seconds)}`);
}

/** Not by the second: what shows it is drawn anew only when it changes. */
const roughly = (seconds: number): string => (seconds < 120 ? '1 min' : age(seconds));

const timePart = (time: string, text: string): Html =>
  html`<time datetime="${time}" title="${time.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')}">${text}</time>`;

/** As much of a text as fits into a row. */
export const shortened = (text: string): string => (text.length <= ROW ? text : `${text.slice(0, ROW)}…`);

const ROW = 240;

/** Words in which code stands between backticks. */
export const prose = (text: string): Html =>
  html`${text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;

/** A table in which a row becomes a card where the screen is narrow: cells say their heading in `data-label`. */
export const cardTable = (label: string, head: Html, rows: readonly Html[]): Html =>
  html`<div class="scroll"><table class="stack" aria-label="${label}">
<thead><tr>${head}</tr></thead>
<tbody>${rows}</tbody>
</table></div>`;

/** A table that can be scrolled, by keyboard as well, where it is wider than the screen. */
export const tablePart = (label: string, head: Html, rows: readonly Html[]): Html =>
  html`<div class="scroll" id="${label.toLowerCase().replaceAll(' ', '-')}" role="region" aria-label="${label}" tabindex="0"><table>
<thead><tr>${head}</tr></thead>
<tbody>${rows}</tbody>
</table></div>`;

/** Says something that needs attention. */
export const warning = (text: string): Html =>
  html`<p class="warning"><span class="chip warn">note</span> ${prose(text)}</p>`;

/** A link that leaves these pages. */
export const outward = (address: string, text: string, about: string): Html =>
  html`<a href="${address}" target="_blank" rel="noopener">${text}<span class="visually-hidden"> ${about} (opens a new tab)</span></a>`;

/** An attribute without a value, or nothing. */
export const flag = (name: 'checked' | 'selected', on: boolean): Html => raw(on ? ` ${name}` : '') as HtmlEscapedString;
