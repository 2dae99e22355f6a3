import { githubSource } from './github/source.ts';
import { moduleSource } from './module/source.ts';
import type { SourceType } from './source.ts';

/** Every kind of source that a configuration can name. */
export const sourceTypes: readonly SourceType[] = [githubSource, moduleSource];
