import type { ParseNode } from '../inspection.ts';
import { TailCall } from './apply.ts';
import type { Code } from './frame.ts';
import { Lambda, type LambdaCode } from './lambda.ts';
import { boundIn, type Scope } from './scope.ts';

/** `function($a, $b) { … }` */
export function compileLambda(node: ParseNode, scope: Scope): Code {
  if (node.thunk === true) return compileTailCall(node.body as ParseNode, scope);
  const names = (node.arguments as readonly ParseNode[]).map(({ value }) => value as string);
  const inner = scope.inner([...names, ...boundIn(node.body)]);
  const code: LambdaCode = {
    parameters: names.map((name) => inner.names.indexOf(name)),
    size: inner.names.length,
    signature: node.signature as LambdaCode['signature'],
    body: inner.code(node.body),
  };
  return (input, frame) => new Lambda(code, { input, frame });
}

function compileTailCall(node: ParseNode, scope: Scope): Code {
  const procedure = node.procedure as ParseNode;
  const call = {
    procedure: scope.code(procedure),
    args: scope.codes(node.arguments),
    errors: { token: procedure.type === 'variable' ? procedure.value : undefined, position: procedure.position },
  };
  return (input, frame) => new TailCall(call, input, frame);
}
