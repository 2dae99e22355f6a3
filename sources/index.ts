import { githubSource } from './github/source.ts';
import type { ExpressionEngine } from './http/engine.ts';
import { httpSource } from './http/source.ts';
import { moduleSource } from './module/source.ts';
import type { SourceType } from './source.ts';
import { tidemarkSource } from './tidemark/source.ts';

/** Every kind of source that a configuration can name. */
export function sourceTypes(engine: ExpressionEngine): readonly SourceType[] {
  return [githubSource, httpSource(engine), moduleSource, tidemarkSource];
}
