/** Loaded into worker processes by `node --import`: changes the text of modules, as `patches.ts` says. */
import { readFileSync } from 'node:fs';
import { register } from 'node:module';

const ROOT = new URL('../../', import.meta.url);

let patches = [];

export function initialize(data) {
  patches = data;
}

/** Nearer to the file than tsx, which is registered later: it gets the text to translate. */
export async function load(url, context, nextLoad) {
  const mine = patches.filter(({ file }) => url.split('?')[0] === new URL(file, ROOT).href);
  if (mine.length === 0) return nextLoad(url, context);
  const loaded = await nextLoad(url, context);
  return { ...loaded, source: mine.reduce(patched, String(loaded.source)) };
}

function patched(text, { file, find, replace }) {
  if (text.split(find).length !== 2)
    throw new Error(`${file} does not hold exactly once what is to be patched: ${find}`);
  return text.replace(find, () => replace);
}

if (process.env.CHAOS_PATCHES && !import.meta.url.includes('?hooks')) {
  const data = JSON.parse(process.env.CHAOS_PATCHES);
  // Before anything runs: a patch that does not fit must not be found out by what it fails to do.
  for (const patch of data) patched(readFileSync(new URL(patch.file, ROOT), 'utf8'), patch);
  register(`${import.meta.url}?hooks`, { data });
}
