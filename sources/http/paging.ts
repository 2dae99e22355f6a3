import { SourceError } from '../../domain/errors.ts';
import type { Json, RawRecord } from '../../domain/json.ts';
import type { Answer } from '../http-client/answer.ts';
import { nextLink } from '../http-client/link-header.ts';
import { shown } from '../http-client/origin.ts';
import type { ExpressionEngine } from './engine.ts';
import { count, evaluated, word } from './evaluation.ts';
import type { PagingSettings } from './paging-settings.ts';

/** A page that was read. */
export interface Turn {
  /** What it was asked for by; `null`: it is the first. */
  readonly token: string | null;
  readonly answer: Answer;
  /** The answer as JSON. */
  readonly document: Json;
  readonly rows: readonly RawRecord[];
  /** An earlier page of the listing had as many records as `size` says. */
  readonly full: boolean;
}

/** How a listing goes on from page to page. Whatever leaves that in doubt throws `SourceError` (sync-semantics 2.2). */
export interface PagingStyle {
  /** The parameters that ask for the page. */
  parameters(token: string | null): Readonly<Record<string, string>>;
  /** What the next page is asked for by; `null`: this is the last. */
  next(turn: Turn): Promise<string | null>;
  /** Tokens are addresses, asked for as they are, in place of path and parameters. */
  readonly isAddress: boolean;
  /** By what a page that comes again is known: tokens that are counted never come again. */
  readonly circles: 'token' | 'rows';
}

type Settings<Type extends PagingSettings['type']> = Extract<PagingSettings, { type: Type }>;

export function pagingStyle(paging: PagingSettings, engine: ExpressionEngine): PagingStyle {
  switch (paging.type) {
    case 'none':
      return { parameters: () => ({}), next: async () => null, isAddress: false, circles: 'token' };
    case 'link':
      return byLink(paging, engine);
    case 'page':
      return byNumber(paging, engine);
    case 'offset':
      return byOffset(paging, engine);
    case 'cursor':
      return byCursor(paging, engine);
  }
}

function byLink({ next }: Settings<'link'>, { compile }: ExpressionEngine): PagingStyle {
  const expression = next === undefined ? null : compile(next);
  return {
    parameters: () => ({}),
    async next({ answer, document }) {
      if (expression === null) return nextLink(answer);
      const where = at(answer, 'paging.next');
      return word(await evaluated(expression, document, where), where);
    },
    isAddress: true,
    circles: 'token',
  };
}

function byCursor({ parameter, next }: Settings<'cursor'>, { compile }: ExpressionEngine): PagingStyle {
  const expression = compile(next);
  return {
    parameters: (token) => (token === null ? {} : { [parameter]: token }),
    async next({ answer, document }) {
      const where = at(answer, 'paging.next');
      return word(await evaluated(expression, document, where), where);
    },
    isAddress: false,
    circles: 'token',
  };
}

function byNumber(paging: Settings<'page'>, { compile }: ExpressionEngine): PagingStyle {
  const { parameter, first, last, size } = paging;
  const expression = last === undefined ? null : compile(last);
  const numberOf = (token: string | null): number => (token === null ? first : Number(token));
  return {
    parameters: (token) => ({ [parameter]: String(numberOf(token)), ...sizeOf(paging) }),
    async next(turn) {
      const { token, answer, document } = turn;
      const page = numberOf(token);
      if (expression === null) return isEnd(turn, size) ? null : String(page + 1);
      const where = at(answer, 'paging.last');
      return page >= count(await evaluated(expression, document, where), where) ? null : String(page + 1);
    },
    isAddress: false,
    circles: 'rows',
  };
}

function byOffset(paging: Settings<'offset'>, { compile }: ExpressionEngine): PagingStyle {
  const { parameter, total, size } = paging;
  const expression = total === undefined ? null : compile(total);
  return {
    parameters: (token) => ({ [parameter]: token ?? '0', ...sizeOf(paging) }),
    async next(turn) {
      const { token, answer, document, rows } = turn;
      const reached = Number(token ?? 0) + rows.length;
      if (expression === null) return isEnd(turn, size) ? null : String(reached);
      const where = at(answer, 'paging.total');
      const all = count(await evaluated(expression, document, where), where);
      if (reached >= all) return null;
      if (rows.length > 0) return String(reached);
      throw new SourceError(`GET ${shown(answer.url)} answered no records after ${reached} of ${all}`);
    },
    isAddress: false,
    circles: 'rows',
  };
}

/**
 * An empty page is the end. A page that is not full is the end only where one of its size came before: an API that caps
 * the size below what was asked for never answers a full one.
 */
function isEnd({ rows, full }: Turn, size: number | undefined): boolean {
  return rows.length === 0 || (size !== undefined && full && rows.length < size);
}

function sizeOf({ size, sizeParameter }: Settings<'page' | 'offset'>): Record<string, string> {
  return size === undefined || sizeParameter === undefined ? {} : { [sizeParameter]: String(size) };
}

/** An expression of the settings, applied to an answer, for error texts. */
function at(answer: Answer, setting: string): string {
  return `GET ${shown(answer.url)}: ${setting}`;
}
