import { expressionText } from '../config/expression-text.ts';
import { checkExpression, compile } from '../mapping/expression.ts';
import { sourceTypes as typesOf } from '../sources/index.ts';

/** The sources of this program, with the expression engine that some of them need. */
export const sourceTypes = typesOf({ text: expressionText(checkExpression), compile });
