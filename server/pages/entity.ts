import { html } from 'hono/html';
import { type Claim, PERSON } from '../../domain/claim.ts';
import type { Entity, EntityKey, EntityReferences } from '../../domain/entity.ts';
import type { ExplainedField, Explanation } from '../../domain/explanation.ts';
import { SYNC_API } from '../../domain/sync-api.ts';
import { entityAddress, sourceAddress, withQuery } from './addresses.ts';
import { page } from './layout.ts';
import { ago, counted, type Html, shortened, tablePart } from './parts.ts';

export interface EntityParts {
  readonly entity: Entity;
  readonly explained: Explanation;
  /** Entities that have an identifier which the relations name. */
  readonly related: readonly EntityKey[];
  readonly references: EntityReferences;
}

/** One entity: what it holds, what it relates to, who has a claim on it, and why each field is as it is. */
export function entityPage({ entity, explained, related, references }: EntityParts): Html {
  const { claims } = explained;
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
${claims.length === 0 ? html`<p class="quiet">Nobody has a claim on it: no resync deletes it.</p>` : claimTable(claims)}
<h2>Why it is as it is</h2>
${explanationPart(explained)}
<h2>Edit</h2>
${editForm(entity)}`;
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

function claimTable(claims: readonly Claim[]): Html {
  const owners = claims.filter(({ owns }) => owns).length;
  return html`<p>${owners === 0 ? 'None of them owns it: it stays when they end.' : `It is deleted when the last of them ends; ${owners === claims.length ? 'all' : counted(owners, 'claim')} of them own it.`}</p>
${tablePart(
  'Claims',
  html`<th scope="col">Integration</th><th scope="col">Resource</th><th scope="col">Record</th><th scope="col">Owns it</th><th scope="col">Last seen</th>`,
  claims.map(
    (claim) => html`<tr>
<th scope="row">${originPart(claim.integration)}</th>
<td>${claim.resource}</td>
<td><code>${claim.recordKey}</code></td>
<td>${claim.owns ? 'yes' : 'no, it only agrees'}</td>
<td>${ago(claim.observedAt)}${claim.seenEpoch > 0 && html` <span class="quiet">in <a href="${sourceAddress(claim.integration, 'runs', `${claim.integration}.${claim.seenEpoch}`)}">run ${claim.seenEpoch}</a></span>`}</td>
</tr>`,
  ),
)}`;
}

function originPart(origin: string): Html {
  if (origin === PERSON) return html`a person`;
  if (origin === SYNC_API) return html`callers of the Sync API`;
  return html`<a href="${sourceAddress(origin)}">${origin}</a>`;
}

function explanationPart({ version, updatedAt, changedRun, fields }: Explanation): Html {
  const by = changedRun === null ? html`by a call, an event or a person, or not noted by what` : runPart(changedRun);
  return html`<p>Version ${version}, last changed ${ago(updatedAt)} ${by}.</p>
${tablePart(
  'Fields',
  html`<th scope="col">Field</th><th scope="col">From</th><th scope="col">Of</th><th scope="col">Why</th>`,
  fields.map(
    (field) => html`<tr>
<th scope="row"><code>${field.field}</code></th>
<td>${field.origin === null ? html`<span class="quiet">not known</span>` : originPart(field.origin)}</td>
<td>${field.time === null ? html`<span class="quiet">not known</span>` : ago(field.time)}</td>
<td class="words">${whyPart(field)}</td>
</tr>`,
  ),
)}`;
}

function whyPart({ why, decision }: ExplainedField): Html {
  if (decision === null) return html`${why}`;
  const { rule, run, at, local, incoming } = decision;
  const sides = rule !== 'new-record' && html`<br>here ${sidePart(local.value)}, incoming ${sidePart(incoming.value)}`;
  return html`${why}<br><span class="quiet">${ago(at)} ${run === null ? 'by a call, an event or a person' : runPart(run)}</span>${sides}`;
}

const sidePart = (value: unknown): Html =>
  value === undefined
    ? html`<span class="quiet">nothing</span>`
    : html`<code>${shortened(JSON.stringify(value))}</code>`;

/** A run's id begins with its integration's. */
const runPart = (run: string): Html =>
  html`by <a href="${sourceAddress(run.slice(0, run.lastIndexOf('.')), 'runs', run)}">run ${run}</a>`;

/** One field at a time: what is not touched is not sent back as it was when the page was drawn. */
function editForm(entity: Entity): Html {
  const { blueprint, identifier, properties, relations } = entity;
  const fields = [
    'title',
    'team',
    ...Object.keys(properties).map((name) => `properties.${name}`),
    ...Object.keys(relations).map((name) => `relations.${name}`),
  ];
  return html`<p class="quiet">An edit is later than anything that is stored: it stays where a policy says <code>newer</code> or <code>this</code>. Without a policy the next resync writes what the source says.</p>
<form class="row" method="post" action="/entity">
<input type="hidden" name="blueprint" value="${blueprint}"><input type="hidden" name="identifier" value="${identifier}">
<span><label for="field">Field</label>
<input id="field" name="field" list="fields-known" required value="title">
<datalist id="fields-known">${fields.map((field) => html`<option value="${field}"></option>`)}</datalist></span>
<span><label for="value">Value</label>
<input id="value" name="value"></span>
<span><label for="form">As</label>
<select id="form" name="form"><option value="text">text</option><option value="json">JSON</option><option value="null">nothing (null)</option></select></span>
<button id="edit">Save</button>
</form>`;
}
