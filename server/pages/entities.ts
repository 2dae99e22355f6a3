import { html } from 'hono/html';
import type { Entity } from '../../domain/entity.ts';
import { entityAddress, withQuery } from './addresses.ts';
import { page } from './layout.ts';
import { counted, flag, type Html, tablePart } from './parts.ts';

export interface EntityFilter {
  readonly search: string;
  readonly blueprint: string;
  readonly integration: string;
}

export interface EntityList {
  readonly filter: EntityFilter;
  readonly entities: readonly Entity[];
  /** There are others, which are not shown. */
  readonly hasMore: boolean;
}

const LIST = 'found';

/** Looks into the catalog. */
export function entitiesPage(list: EntityList, blueprints: readonly string[]): Html {
  const { search, blueprint, integration } = list.filter;
  const main = html`<h1>Entities</h1>
<form class="search" role="search" method="get" action="/entities" hx-get="/entities" hx-trigger="input delay:200ms, change, submit" hx-target="#${LIST}" hx-swap="outerHTML" hx-sync="this:replace" hx-replace-url="true">
<label for="search">Search</label>
<input id="search" name="search" type="search" value="${search}" placeholder="Words" autocomplete="off" spellcheck="false">
<label for="blueprint">Blueprint</label>
<select id="blueprint" name="blueprint"><option value="">all</option>${blueprints.map((name) => html`<option${flag('selected', name === blueprint)}>${name}</option>`)}</select>
${integration !== '' && html`<input type="hidden" name="integration" value="${integration}">`}
<button>Search</button>
</form>
${integration !== '' && html`<p>Only what <strong>${integration}</strong> has a claim on. <a href="${withQuery('/entities', { search, blueprint })}">Show all</a></p>`}
${entityList(list)}`;
  return page({ title: 'Entities', section: 'entities', main });
}

/** The entities that were found. */
export function entityList({ filter, entities, hasMore }: EntityList): Html {
  const found = hasMore
    ? `The first ${entities.length}; search for more`
    : counted(entities.length, 'entity', 'entities');
  return html`<div id="${LIST}" data-said="${found}"><p class="quiet">${found}</p>
${
  entities.length > 0
    ? tablePart(
        'Entities',
        html`<th scope="col">Entity</th><th scope="col">Blueprint</th><th scope="col">Title</th>`,
        entities.map(
          (entity) =>
            html`<tr><th scope="row" class="words"><a href="${entityAddress(entity)}">${entity.identifier}</a></th><td>${entity.blueprint}</td><td class="words">${entity.title ?? ''}</td></tr>`,
        ),
      )
    : html`<p>${filter.search || filter.blueprint || filter.integration ? 'Nothing of that kind is in the catalog.' : 'The catalog is empty. A resync fills it.'}</p>`
}</div>`;
}
