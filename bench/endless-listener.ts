import { appendFileSync } from 'node:fs';
import { defineIntegration } from 'tidemark';

const PAGE = 100;

/** So many records of about 500 bytes, made page by page; the file is told when the last page is asked for. */
export default defineIntegration('listener-memory', ({ config }) => ({
  count: config.get('rows', 0),
  marks: config.get('marks', ''),
})).onResync('record', { recordKey: 'id' }, async function* ({ count, marks }) {
  for (let from = 0; from < count; from += PAGE) {
    if (from + PAGE >= count) appendFileSync(marks, `${Date.now()}\n`);
    yield Array.from({ length: Math.min(PAGE, count - from) }, (_, index) => record(from + index));
  }
});

function record(index: number): object {
  const id = `record-${index}`;
  const links = { self: `https://api.example/records/${id}`, html: `https://example/records/${id}` };
  const owner = { login: `owner-${index % 97}`, id: index % 97, type: 'Organization' };
  const description = `The record with the number ${index}, which stands for many. `.repeat(4);
  return { id, name: `Record ${index}`, description, links, owner, size: index % 1000, tags: ['a', `t${index % 7}`] };
}
