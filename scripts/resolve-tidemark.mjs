/**
 * Hooks of Node's module loader, for listener modules wherever they lie. `tidemark` is this very program: a copy, or
 * nothing at all where none is installed, is not what runs. And TypeScript is ECMAScript modules also where no
 * package.json says so.
 */
const PROGRAM = new URL('../index.ts', import.meta.url).href;

export async function resolve(specifier, context, next) {
  if (specifier === 'tidemark') return next(PROGRAM, context);
  const resolved = await next(specifier, context);
  const isModule = resolved.format === 'commonjs' && /^file:(?!.*\/node_modules\/).*\.ts(\?|$)/.test(resolved.url);
  return isModule ? { ...resolved, format: 'module' } : resolved;
}
