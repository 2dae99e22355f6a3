import { describe, expect, it } from 'vitest';
import { toEntity } from '../../domain/entity.ts';
import type { RawRecord } from '../../domain/json.ts';
import { createResourceMapping, type MappedResource } from '../../mapping/resource-mapping.ts';
import { githubRecord, resource } from './support/resource.ts';

/** The entities of a record as people see them. */
async function entitiesOf(mapped: MappedResource, record: RawRecord): Promise<unknown[]> {
  const result = await createResourceMapping(mapped).map(record);
  if (result.type !== 'mapped') throw new Error(JSON.stringify(result));
  expect(result.rejections).toEqual([]);
  return result.entities.map((entity) => {
    expect(entity.failures).toEqual([]);
    return toEntity(entity, entity.fields);
  });
}

const repository = resource({
  query: 'archived = false and owner.login = "Octocoders"',
  identifier: 'full_name',
  blueprint: '"githubRepository"',
  title: 'name',
  team: 'owner.type = "Organization" ? $lowercase(owner.login) : null',
  properties: {
    url: 'html_url',
    language: 'language',
    license: 'license.spdx_id',
    topics: '[topics]',
    private: 'private',
    size: 'size',
    createdAt: 'created_at',
    year: '$number($match(created_at, /^(\\d{4})-/)[0].groups[0])',
    branch: '"refs/heads/" & default_branch',
    urls: '{"api": url, "git": git_url}',
  },
  relations: { organization: 'owner.login', members: '[owner.login, null]' },
});

describe('S0.9 the mapping turns raw records into entities', () => {
  it('a repository of GitHub', async () => {
    const mapped = { ...repository, entity: { ...repository.entity, relations: { organization: 'owner.login' } } };
    expect(await entitiesOf(mapped, githubRecord('repository', 'created'))).toEqual([
      {
        identifier: 'Octocoders/Hello-World',
        blueprint: 'githubRepository',
        title: 'Hello-World',
        team: 'octocoders',
        properties: {
          url: 'https://github.com/Octocoders/Hello-World',
          language: null,
          license: null,
          topics: [],
          private: false,
          size: 0,
          createdAt: '2019-05-15T15:20:42Z',
          year: 2019,
          branch: 'refs/heads/master',
          urls: {
            api: 'https://api.github.com/repos/Octocoders/Hello-World',
            git: 'git://github.com/Octocoders/Hello-World.git',
          },
        },
        relations: { organization: 'Octocoders' },
      },
    ]);
  });

  it('a pull request with its labels, as one entity each', async () => {
    const mapped = resource({
      query: 'state = "open"',
      itemsToParse: 'labels',
      identifier: '$string(item.id)',
      blueprint: '"githubLabel"',
      title: 'item.name',
      properties: { color: '"#" & item.color', default: 'item.default', pull: 'number' },
      relations: { assignees: '[assignees.login]', author: 'user.login' },
    });
    expect(await entitiesOf(mapped, githubRecord('pull_request', 'assigned'))).toEqual([
      {
        identifier: '1362934389',
        blueprint: 'githubLabel',
        title: 'bug',
        team: null,
        properties: { color: '#d73a4a', default: true, pull: 2 },
        relations: { assignees: ['Codertocat'], author: 'Codertocat' },
      },
    ]);
  });
});

describe('S0.10 by expressions applied to the raw data', () => {
  it('the filter is evaluated per record', async () => {
    const mapping = createResourceMapping(repository);
    expect(await mapping.map(githubRecord('repository', 'publicized'))).toEqual({ type: 'ruled-out' });
  });

  it('a bad expression gives a clear error that names the field; a missing value does not fail', async () => {
    const result = await createResourceMapping(repository).map(githubRecord('repository', 'created'));
    expect(result).toMatchObject({
      entities: [
        {
          fields: { 'properties.license': null },
          failures: [
            {
              field: 'relations.members',
              reason: 'must be an identifier, a list of identifiers or null, but its list has null at [1]',
            },
          ],
        },
      ],
    });
  });
});
