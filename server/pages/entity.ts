import { html } from 'hono/html';
import type { Claim } from '../../domain/claim.ts';
import type { Entity, EntityKey, EntityReferences } from '../../domain/entity.ts';
import { SYNC_API } from '../../domain/sync-api.ts';
import { entityAddress, sourceAddress, withQuery } from './addresses.ts';
import { page } from './layout.ts';
import { ago, counted, type Html, tablePart } from './parts.ts';

export interface EntityParts {
  readonly entity: Entity;
  readonly claims: readonly Claim[];
  /** Entities that have an identifier which the relations name. */
  readonly related: readonly EntityKey[];
  readonly references: EntityReferences;
}

/** One entity: what it holds, what it relates to, who has a claim on it. */
export function entityPage({ entity, claims, related, references }: EntityParts): Html {
  const { blueprint, identifier, title, team } = entity;
  const main = html`<p class="crumbs"><a href="/entities">Entities</a> <a href="${withQuery('/entities', { blueprint })}">${blueprint}</a></p>
<h1 class="words">${title ?? identifier}</h1>
<dl class="fields">
<div><dt>Identifier</dt><dd><code>${identifier}</code></dd></div>
<div><dt>Blueprint</dt><dd>${blueprint}</dd></div>
${team !== null && html`<div><dt>Team</dt><dd>${[team].flat().join(', ')}</dd></div>`}
</dl>
<h2>Properties</h2>
${fieldList(Object.entries(entity.properties), valuePart)}
<h2>Relations</h2>
${fieldList(Object.entries(entity.relations), (value) => relationPart(value, related))}
<h2>Referenced by</h2>
${fieldList(Object.entries(references.referencedBy), (number) => html`${counted(number, 'entity', 'entities')}`)}
<h2>Claims</h2>
${claims.length === 0 ? html`<p class="quiet">Nobody has a claim on it: no resync deletes it.</p>` : claimTable(claims)}`;
  return page({ title: title ?? identifier, section: 'entities', main });
}

function fieldList<Value>(fields: readonly (readonly [string, Value])[], part: (value: Value) => Html): Html {
  if (fields.length === 0) return html`<p class="quiet">None.</p>`;
  return html`<dl class="fields">${fields.map(([name, value]) => html`<div><dt>${name}</dt><dd>${part(value)}</dd></div>`)}</dl>`;
}

function valuePart(value: unknown): Html {
  if (value === null) return html`<span class="quiet">null</span>`;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return html`${value.join(', ')}`;
  if (typeof value === 'object') return html`<pre>${JSON.stringify(value, null, 2)}</pre>`;
  const text = String(value);
  if (typeof value === 'string' && /^https?:\/\/\S+$/.test(text)) {
    return html`<a href="${text}" target="_blank" rel="noopener noreferrer">${text}</a>`;
  }
  return html`${text}`;
}

function relationPart(value: Entity['relations'][string], related: readonly EntityKey[]): Html {
  if (value === null) return html`<span class="quiet">null</span>`;
  const targets = [value].flat();
  return html`${targets.map((identifier, index) => html`${index > 0 && ', '}${targetPart(identifier, related)}`)}`;
}

/** A relation names the identifier only; where several blueprints have it, a search shows them. */
function targetPart(identifier: string, related: readonly EntityKey[]): Html {
  const [key, ...others] = related.filter((candidate) => candidate.identifier === identifier);
  if (key === undefined) return html`${identifier} <span class="chip quiet">not in the catalog</span>`;
  const address = others.length === 0 ? entityAddress(key) : withQuery('/entities', { search: identifier });
  return html`<a href="${address}">${identifier}</a>`;
}

function holderPart({ integration }: Claim): Html {
  if (integration === SYNC_API) return html`Callers of the Sync API`;
  return html`<a href="${sourceAddress(integration)}">${integration}</a>`;
}

function runPart({ integration, seenEpoch }: Claim): Html {
  if (integration === SYNC_API) return html``;
  const address = sourceAddress(integration, 'runs', `${integration}.${seenEpoch}`);
  return html`<span class="quiet">in <a href="${address}">run ${seenEpoch}</a></span>`;
}

function claimTable(claims: readonly Claim[]): Html {
  const owners = claims.filter(({ owns }) => owns).length;
  return html`<p>${owners === 0 ? 'None of them owns it: it stays when they end.' : `It is deleted when the last of them ends; ${owners === claims.length ? 'all' : counted(owners, 'claim')} of them own it.`}</p>
${tablePart(
  'Claims',
  html`<th scope="col">Integration</th><th scope="col">Resource</th><th scope="col">Record</th><th scope="col">Owns it</th><th scope="col">Last seen</th>`,
  claims.map(
    (claim) => html`<tr>
<th scope="row">${holderPart(claim)}</th>
<td>${claim.resource}</td>
<td><code>${claim.recordKey}</code></td>
<td>${claim.owns ? 'yes' : 'no, it only agrees'}</td>
<td>${ago(claim.observedAt)} ${runPart(claim)}</td>
</tr>`,
  ),
)}`;
}
