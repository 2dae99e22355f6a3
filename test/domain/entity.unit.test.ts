import { describe, expect, it } from 'vitest';
import { type Fields, toEntity } from '../../domain/entity.ts';

describe('toEntity', () => {
  it('unfolds flat fields; names keep their dots; what is absent is null or missing', () => {
    const fields = {
      title: 'T',
      'properties.a.b': 1,
      'properties.__proto__': 'x',
      'properties.none': null,
      'relations.owner': ['o1', 'o2'],
    } as Partial<Fields> as Fields;
    const entity = toEntity({ blueprint: 'b', identifier: 'i' }, fields);
    expect(entity).toMatchObject({ blueprint: 'b', identifier: 'i', title: 'T', team: null });
    expect(Object.entries(entity.properties)).toEqual([
      ['a.b', 1],
      ['__proto__', 'x'],
      ['none', null],
    ]);
    expect(entity.relations).toEqual({ owner: ['o1', 'o2'] });
  });
});
