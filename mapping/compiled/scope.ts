import type { ParseNode } from '../inspection.ts';
import type { Code } from './frame.ts';

/** Thrown while compiling: this expression is left to the library. */
export class NotCompiled extends Error {}

type CompileNode = (node: ParseNode, scope: Scope) => Code;

/** Where a variable may lie: so many frames further out, at that place. */
export interface Place {
  readonly hops: number;
  readonly index: number;
}

/** What the frames that surround a part of an expression will hold, by name. */
export class Scope {
  readonly names: readonly string[];
  private readonly outer: Scope | null;
  private readonly compileNode: CompileNode;

  constructor(compileNode: CompileNode, names: Iterable<string>, outer: Scope | null = null) {
    this.compileNode = compileNode;
    this.names = [...new Set(names)];
    this.outer = outer;
  }

  /** The scope of a frame inside this one's. */
  inner(names: Iterable<string>): Scope {
    return new Scope(this.compileNode, names, this);
  }

  code(node: unknown): Code {
    return this.compileNode(node as ParseNode, this);
  }

  codes(nodes: unknown): Code[] {
    return (nodes as readonly ParseNode[]).map((node) => this.compileNode(node, this));
  }

  /** The places of a name, the innermost first: an outer one counts as long as nothing is bound to those before it. */
  placesOf(name: string): Place[] {
    const places: Place[] = [];
    let hops = 0;
    for (let scope: Scope | null = this; scope !== null; scope = scope.outer, hops++) {
      const index = scope.names.indexOf(name);
      if (index >= 0) places.push({ hops, index });
    }
    return places;
  }
}

/** Parts of a node that hold no nodes. */
const NO_CHILDREN = new Set(['value', 'signature', 'slot', 'ancestor', 'seekingParent']);

/** Names that a part binds in the frame around it: blocks and functions have frames of their own. */
export function boundIn(part: unknown, names: string[] = []): string[] {
  if (typeof part !== 'object' || part === null) return names;
  const { type, thunk, lhs } = part as ParseNode;
  if (type === 'block' || (type === 'lambda' && thunk !== true)) return names;
  if (type === 'bind') names.push((lhs as ParseNode).value as string);
  for (const [key, child] of Object.entries(part)) if (!NO_CHILDREN.has(key)) boundIn(child, names);
  return names;
}
