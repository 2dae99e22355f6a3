import { describe, expect, it } from 'vitest';
import { decide } from '../../domain/conflict/decide.ts';
import { dropUnknownReferences } from '../../domain/conflict/references.ts';
import { again, fields, given, rulesOf, stored, T1, T2, T3, vector } from './support.ts';

const source = fields({
  title: 'gone',
  'properties.owner': 'gone',
  'relations.owner': 'gone',
  'relations.reviewers': ['ann', 'gone', 'bob'],
  'relations.nobody': null,
});

describe('7.9 references', () => {
  const isKnown = (_: string, identifier: string) => identifier !== 'gone';

  it('to records that were skipped and are not known are taken out, and nothing else is', () => {
    expect(dropUnknownReferences(source, isKnown)).toEqual({
      fields: {
        title: 'gone',
        'properties.owner': 'gone',
        'relations.owner': null,
        'relations.reviewers': ['ann', 'bob'],
        'relations.nobody': null,
      },
      dropped: [
        { field: 'relations.owner', identifier: 'gone' },
        { field: 'relations.reviewers', identifier: 'gone' },
      ],
    });
  });

  it('are looked up by the relation that holds them', () => {
    const asked: string[] = [];
    const all = dropUnknownReferences(source, (field, identifier) => asked.push(`${field} ${identifier}`) > 0);
    expect(all).toEqual({ fields: source, dropped: [] });
    expect(asked).toEqual([
      'relations.owner gone',
      'relations.reviewers ann',
      'relations.reviewers gone',
      'relations.reviewers bob',
    ]);
  });

  it('the referrer is written without the reference, and with it as soon as the target is there', () => {
    const readWhen = (isThere: boolean) =>
      given({ fields: dropUnknownReferences(source, () => isThere).fields, modifiedAt: T2 });
    const first = vector({ local: null, incoming: readWhen(false) });
    const without = decide(first, { resolution: 'newer' }, null);
    expect(without.action).toBe('create');
    const later = { ...again(first, without), incoming: readWhen(true) };
    const decision = decide(later, { resolution: 'newer' }, null);
    expect(decision).toMatchObject({ action: 'update', fields: { 'relations.owner': 'gone' } });
  });

  it('a resolved reference is a field like any other', () => {
    const decision = decide(
      vector({
        local: stored({ fields: { 'relations.a': 'x', 'relations.b': 'x', 'relations.c': 'x' }, modifiedAt: T3 }),
        incoming: given({ fields: { 'relations.a': 'y', 'relations.b': 'y', 'relations.c': 'y' }, modifiedAt: T1 }),
      }),
      { resolution: { 'relations.a': 'this', 'relations.b': 'other', 'relations.c': 'newer' } },
      null,
    );
    expect(rulesOf(decision)).toEqual({ 'relations.a': 'this', 'relations.b': 'other', 'relations.c': 'local-later' });
  });
});
