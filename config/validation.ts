import type { z } from 'zod';
import { isRawRecord, type Json } from '../domain/json.ts';
import type { Display } from './display.ts';
import type { ExpressionParams } from './expression-text.ts';
import { issueText } from './issue-text.ts';
import { isLaterKey, notYet } from './later.ts';
import { clipped, type Finding, type Path, pathKey } from './problem.ts';
import { choice } from './suggestion.ts';
import { valueAt, withValueAt } from './tree.ts';

/** Applies schemas to parts of a configuration, and says what is wrong in words of our own. */
export class Validation {
  readonly findings: Finding[] = [];
  readonly #tree: Json;
  readonly #display: Display;

  constructor(tree: Json, display: Display) {
    this.#tree = tree;
    this.#display = display;
  }

  /** The part at `path`, parsed, or `undefined` when something in it is wrong. */
  parse<Output>(schema: z.ZodType<Output>, path: Path): Output | undefined {
    const value = valueAt(this.#tree, path) ?? null;
    const first = schema.safeParse(value);
    if (first.success) return first.data;
    const converted = first.error.issues.reduce((tree, issue) => this.#converted(tree, path, issue), value);
    const words = new Words(path, this.#display);
    const second = schema.safeParse(converted, { error: (issue) => words.of(issue) });
    if (second.success) return second.data;
    this.findings.push(
      ...second.error.issues.flatMap((issue) => this.#found(issue, [...path, ...pathOf(issue)], words)),
    );
    return undefined;
  }

  /** A number or a boolean that came from the environment came as text. */
  #converted(tree: Json, prefix: Path, issue: z.core.$ZodIssue): Json {
    const path = pathOf(issue);
    const text = valueAt(tree, path);
    if (issue.code !== 'invalid_type' || typeof text !== 'string') return tree;
    if (this.#display.origin([...prefix, ...path]) === null) return tree;
    if (issue.expected === 'boolean' && /^(true|false)$/.test(text)) return withValueAt(tree, path, text === 'true');
    const isNumber = (issue.expected === 'number' || issue.expected === 'int') && /^-?\d+(\.\d+)?$/.test(text);
    return isNumber ? withValueAt(tree, path, Number(text)) : tree;
  }

  #found(issue: z.core.$ZodIssue, path: Path, words: Words): Finding[] {
    const finding = { path, at: 'value', message: this.#message(issue, path, words), offset: null } as const;
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const unknown = `unknown key ${JSON.stringify(clipped(key))}; ${choice(key, words.allowedAt(path))}`;
        return { ...finding, path: [...path, key], at: 'key', message: isLaterKey(path, key) ? notYet(key) : unknown };
      });
    }
    if (this.#display.isUnfilled(path)) return [];
    const form = issue.code === 'invalid_union' ? words.formAt(path, valueAt(this.#tree, path)) : undefined;
    if (form !== undefined) {
      this.parse(form, path);
      return [];
    }
    if (issue.code === 'invalid_key')
      return [{ ...finding, at: 'key', message: issue.issues[0]?.message ?? issue.message }];
    // Characters are counted in what the file says, not in what came of it.
    const offset = this.#display.origin(path) === null ? (expressionOf(issue)?.position ?? null) : null;
    return [{ ...finding, offset }];
  }

  #message(issue: z.core.$ZodIssue, path: Path, words: Words): string {
    const origin = this.#display.origin(path);
    // The engine quotes parts of the expression, which no search for the whole value would find.
    if (origin !== null && expressionOf(issue) !== undefined) return `is not valid JSONata (set by ${origin})`;
    const text = words.areOwn(issue.message)
      ? issue.message
      : this.#display.withoutSecrets(issue.message, path, this.#tree);
    return origin === null || text.includes(origin) ? text : `${text} (set by ${origin})`;
  }
}

/** The texts given to one run of a schema, and what only the library's unfinished issues tell. */
class Words {
  readonly #path: Path;
  readonly #display: Display;
  readonly #texts = new Set<string>();
  readonly #allowed = new Map<string, readonly string[]>();
  readonly #unions = new Map<string, readonly z.ZodType[]>();

  constructor(path: Path, display: Display) {
    this.#path = path;
    this.#display = display;
  }

  of(issue: z.core.$ZodRawIssue): string | undefined {
    const path = [...this.#path, ...pathOf(issue)];
    if (issue.code === 'unrecognized_keys') this.#allowed.set(pathKey(path), keysOf(issue));
    if (issue.code === 'invalid_union') this.#unions.set(pathKey(path), formsOf(issue));
    const text = issueText(issue, this.#display.shown(path));
    if (text !== undefined) this.#texts.add(text);
    return text;
  }

  /** The text was made here, so it quotes nothing that may not be shown; the definitions' own messages might. */
  areOwn(text: string): boolean {
    return this.#texts.has(text);
  }

  /** Where the value is a map or a list, and just one of the allowed forms is too: that form says what is wrong. */
  formAt(path: Path, value: Json | undefined): z.ZodType | undefined {
    const isForm = isRawRecord(value) ? isMapForm : Array.isArray(value) ? isListForm : () => false;
    const forms = (this.#unions.get(pathKey(path)) ?? []).filter(isForm);
    return forms.length === 1 ? forms[0] : undefined;
  }

  allowedAt(path: Path): readonly string[] {
    return this.#allowed.get(pathKey(path)) ?? [];
  }
}

function expressionOf(issue: z.core.$ZodIssue): ExpressionParams | undefined {
  const params = issue.code === 'custom' ? (issue.params as ExpressionParams | undefined) : undefined;
  return params?.expression === true ? params : undefined;
}

function pathOf(issue: { readonly path?: readonly PropertyKey[] | undefined }): Path {
  return (issue.path ?? []) as Path;
}

function formsOf(issue: z.core.$ZodRawIssue): readonly z.ZodType[] {
  const { options = [] } = (issue.inst?._zod.def ?? {}) as UnionDefinition;
  return options;
}

function isMapForm(form: z.ZodType): boolean {
  const { type, discriminator } = form._zod.def as UnionDefinition;
  return type === 'object' || type === 'record' || discriminator !== undefined;
}

function isListForm(form: z.ZodType): boolean {
  return (form._zod.def as UnionDefinition).type === 'array';
}

interface UnionDefinition {
  readonly type?: string;
  readonly options?: readonly z.ZodType[];
  /** The key whose word chooses the form. */
  readonly discriminator?: string;
}

/** The keys that an object's schema knows. */
function keysOf(issue: z.core.$ZodRawIssue): readonly string[] {
  const { shape } = (issue.inst?._zod.def ?? {}) as { shape?: object };
  return Object.keys(shape ?? {});
}
