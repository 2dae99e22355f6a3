import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HURRY, PLANTED } from './patches.ts';

describe('the patches of the chaos test', () => {
  it.each([...HURRY, ...Object.values(PLANTED).flat()])('fits $file: $find', ({ file, find }) => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    expect(text.split(find)).toHaveLength(2);
  });
});
