import type { SourceDefaults } from '../../config/definitions.ts';

/** What a record of each kind becomes where the configuration does not say, and the blueprints that this takes. */
export const githubDefaults: SourceDefaults = {
  blueprints: {
    githubOrganization: {
      title: 'GitHub organization',
      properties: { url: { type: 'string' }, description: { type: 'string' } },
    },
    githubRepository: {
      title: 'GitHub repository',
      properties: {
        url: { type: 'string' },
        description: { type: 'string' },
        language: { type: 'string' },
        visibility: { type: 'string' },
        defaultBranch: { type: 'string' },
        license: { type: 'string' },
        topics: { type: 'array' },
        archived: { type: 'boolean' },
      },
      relations: { organization: { target: 'githubOrganization' } },
    },
    githubPullRequest: {
      title: 'GitHub pull request',
      properties: {
        url: { type: 'string' },
        state: { type: 'string' },
        author: { type: 'string' },
        draft: { type: 'boolean' },
        labels: { type: 'array' },
      },
      relations: { repository: { target: 'githubRepository' } },
    },
    githubIssue: {
      title: 'GitHub issue',
      properties: {
        url: { type: 'string' },
        state: { type: 'string' },
        author: { type: 'string' },
        labels: { type: 'array' },
      },
      relations: { repository: { target: 'githubRepository' } },
    },
  },
  mappings: {
    organization: {
      identifier: 'login',
      blueprint: '"githubOrganization"',
      title: 'login',
      properties: { url: 'url', description: 'description' },
    },
    repository: {
      identifier: 'full_name',
      blueprint: '"githubRepository"',
      title: 'name',
      properties: {
        url: 'html_url',
        description: 'description',
        language: 'language',
        visibility: 'visibility',
        defaultBranch: 'default_branch',
        license: 'license.spdx_id',
        // JSONata gives nothing, one value or several: brackets make it a list each time.
        topics: '[topics]',
        archived: 'archived',
      },
      relations: { organization: 'owner.login' },
    },
    'pull-request': {
      identifier: 'base.repo.full_name & "#" & $string(number)',
      blueprint: '"githubPullRequest"',
      title: 'title',
      properties: {
        url: 'html_url',
        state: 'state',
        author: 'user.login',
        draft: 'draft',
        labels: '[labels.name]',
      },
      relations: { repository: 'base.repo.full_name' },
    },
    issue: {
      identifier: 'repository.full_name & "#" & $string(number)',
      blueprint: '"githubIssue"',
      title: 'title',
      properties: { url: 'html_url', state: 'state', author: 'user.login', labels: '[labels.name]' },
      relations: { repository: 'repository.full_name' },
    },
  },
};
