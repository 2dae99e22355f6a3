import { Tokenizer, TokenType } from '@streamparser/json';
import { UsageError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';

/** What a list or an object that is read piece by piece stands for in the one around it. */
export const STREAMED = Symbol('streamed');

type Container = Json[] | Record<string, Json>;

/** A list or an object that is open. */
interface Frame {
  /** `null`: its parts are told one by one, and not kept. */
  readonly container: Container | null;
  readonly isList: boolean;
  /** Keys of an object whose parts are not kept. */
  readonly keys: Set<string>;
  key: string | null;
  count: number;
  next: 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end';
}

export interface JsonHandler {
  /** Whether the parts of the list or object that opens here are told one by one. */
  isStreamed(path: readonly (string | number)[], isList: boolean): boolean;
  /** A part of a streamed list or object is complete; `STREAMED`: its own parts have been told. */
  onValue(path: readonly (string | number)[], value: Json | typeof STREAMED): void;
}

/** Lists and objects within each other: as many as a field may have, and those around it. */
const MAX_DEPTH = 110;

/**
 * Reads JSON as it comes in, without ever holding all of it. Stricter than `JSON.parse`: a key that an object has twice
 * is a mistake. Throws `UsageError`, with the place.
 */
export class JsonReader {
  private readonly tokenizer = new Tokenizer();
  private readonly frames: Frame[] = [];
  private readonly handler: JsonHandler;
  private done = false;
  private failure: UsageError | null = null;

  constructor(handler: JsonHandler) {
    this.handler = handler;
    this.tokenizer.onToken = ({ token, value, offset }) => {
      if (this.failure) return;
      try {
        this.take(token, value as Json, offset);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        this.failure = error;
      }
    };
    this.tokenizer.onError = (error) => {
      this.failure ??= new UsageError(`the body is not JSON: ${error.message}`);
    };
  }

  write(chunk: Uint8Array): void {
    if (!this.failure) this.tokenizer.write(chunk);
    if (this.failure) throw this.failure;
  }

  end(): void {
    if (!this.tokenizer.isEnded) this.tokenizer.end();
    if (this.failure) throw this.failure;
    if (!this.done) throw new UsageError('the body is not JSON: it ends too early');
  }

  private get path(): (string | number)[] {
    return this.frames.map((frame) => (frame.isList ? frame.count : (frame.key ?? '')));
  }

  private take(token: TokenType, value: Json, offset: number): void {
    const frame = this.frames.at(-1);
    const expected = frame?.next ?? (this.done ? 'end of the body' : 'value');
    if (token === TokenType.COMMA && frame && expected === 'comma or end') {
      if (frame.isList) frame.count++;
      frame.next = frame.isList ? 'value' : 'key';
    } else if (token === TokenType.COLON && frame && expected === 'colon') {
      frame.next = 'value';
    } else if (token === TokenType.STRING && frame && (expected === 'key' || expected === 'key or end')) {
      this.takeKey(frame, value as string);
    } else if (isEnd(token, frame) && expected.endsWith('end')) {
      this.frames.pop();
      this.complete((frame as Frame).container ?? STREAMED);
    } else if (expected.startsWith('value') && VALUES.has(token)) {
      if (token === TokenType.LEFT_BRACE || token === TokenType.LEFT_BRACKET)
        this.open(token === TokenType.LEFT_BRACKET);
      else this.complete(value);
    } else {
      throw new UsageError(
        `the body is not JSON: ${JSON.stringify(value)} at byte ${offset}, where a ${expected} must come`,
      );
    }
  }

  private takeKey(frame: Frame, key: string): void {
    frame.key = key;
    const isKnown = frame.container === null ? frame.keys.has(key) : Object.hasOwn(frame.container, key);
    if (isKnown)
      throw new UsageError(`the key ${pointerOf(this.path)} is there twice; it would not be clear which holds`);
    if (frame.container === null) frame.keys.add(key);
    frame.next = 'colon';
  }

  private open(isList: boolean): void {
    if (this.frames.length >= MAX_DEPTH) {
      throw new UsageError(`${pointerOf(this.path.slice(0, 4))}… is nested deeper than ${MAX_DEPTH} levels`);
    }
    const isStreamed = this.handler.isStreamed(this.path, isList);
    this.frames.push({
      container: isStreamed ? null : isList ? [] : {},
      isList,
      keys: new Set(),
      key: null,
      count: 0,
      next: isList ? 'value or end' : 'key or end',
    });
  }

  private complete(value: Json | typeof STREAMED): void {
    const frame = this.frames.at(-1);
    if (!frame) {
      this.done = true;
      if (value !== STREAMED) this.handler.onValue([], value);
      return;
    }
    frame.next = 'comma or end';
    if (frame.container === null) this.handler.onValue(this.path, value);
    else if (Array.isArray(frame.container)) frame.container.push(value as Json);
    else keep(frame.container, frame.key as string, value as Json);
  }
}

const VALUES = new Set([
  TokenType.LEFT_BRACE,
  TokenType.LEFT_BRACKET,
  TokenType.TRUE,
  TokenType.FALSE,
  TokenType.NULL,
  TokenType.STRING,
  TokenType.NUMBER,
]);

function isEnd(token: TokenType, frame: Frame | undefined): boolean {
  if (!frame) return false;
  return token === (frame.isList ? TokenType.RIGHT_BRACKET : TokenType.RIGHT_BRACE);
}

/** `__proto__` is a name like others. */
function keep(container: Record<string, Json>, key: string, value: Json): void {
  if (key !== '__proto__') container[key] = value;
  else Object.defineProperty(container, key, { value, enumerable: true, writable: true, configurable: true });
}

/** A place in the body (RFC 6901). */
export const pointerOf = (path: readonly (string | number)[]): string =>
  path.map((step) => `/${String(step).slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
