import type { DefinitionMistake, MappedFields } from '../../config/definitions.ts';
import { blueprintOf } from '../../domain/blueprint.ts';

/** What of a mapping no shop could hold, so that a configuration says it before anything is sent. */
export function refusals(mapped: MappedFields): DefinitionMistake[] {
  if (!/^[a-z][a-z0-9_]*$/.test(mapped.blueprint)) {
    const message = 'must be the name of an entity of the shop, such as "product" or "product_manufacturer"';
    return [{ path: ['blueprint'], message }];
  }
  return mapped.fields.flatMap((field): DefinitionMistake[] => {
    const message = refusal(field, mapped);
    const [group = '', ...name] = field.split('.');
    return message === null ? [] : [{ path: name.length === 0 ? [group] : [group, name.join('.')], message }];
  });
}

function refusal(field: string, mapped: MappedFields): string | null {
  if (field === 'team') return 'a shop has no teams; leave it out';
  if (field.startsWith('relations.')) return relationRefusal(field.slice('relations.'.length), mapped);
  return field.startsWith('properties.') ? propertyRefusal(field.slice('properties.'.length), mapped) : null;
}

function propertyRefusal(name: string, { blueprint, fields, blueprints }: MappedFields): string | null {
  const { mapping } = blueprintOf(blueprints, blueprint);
  if (mapping.has(name) || (name === 'id' && mapping.size === 0)) return 'is made of the identifier; leave it out';
  if (name === 'name' && fields.includes('title')) return 'is what the title is called in the shop; map one of the two';
  const relation = name.endsWith('Id') ? name.slice(0, -'Id'.length) : '';
  if (!fields.includes(`relations.${relation}`)) return null;
  return `is what the relation ${relation} is called in the shop; map one of the two`;
}

function relationRefusal(relation: string, { blueprint, blueprints }: MappedFields): string | null {
  const declared = blueprintOf(blueprints, blueprint).relations.get(relation);
  // That it is not declared is said elsewhere.
  if (declared === undefined) return null;
  const { many, through, target } = declared;
  if (through !== null && blueprintOf(blueprints, through).mapping.size !== 2) {
    return `goes through ${through}, which must have two foreign keys and no more, for a shop to be sent its links`;
  }
  if (many && through === null) {
    const mapping = `${blueprint}_${target}`;
    return (
      'holds a list, from which a shop removes nothing but by its mapping entity: name that in the declaration, ' +
      `such as \`through: ${mapping}\``
    );
  }
  return null;
}
