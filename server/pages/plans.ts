import { html } from 'hono/html';
import type { EntityKey } from '../../domain/entity.ts';
import type { Plan } from '../../domain/plan.ts';
import { entityAddress, sourceAddress } from './addresses.ts';
import { page } from './layout.ts';
import { ago, cardTable, chip, counted, type Html, number, prose, tablePart } from './parts.ts';

/** A plan with the first of the entities that it would delete; none once it is decided. */
export interface PlanParts {
  readonly plan: Plan;
  readonly planned: readonly EntityKey[];
}

/** All plans of an integration. */
export function plansPage(integration: string, plans: readonly Plan[]): Html {
  const main = html`<p class="crumbs"><a href="/">Data sources</a> <a href="${sourceAddress(integration)}">${integration}</a></p>
<h1>Held deletes</h1>
<p>Deletes that a guard holds back are a plan, which a person approves or rejects.</p>
${plans.length === 0 ? html`<p class="quiet">There was none yet.</p>` : planTable(plans)}`;
  return page({ title: `Held deletes of ${integration}`, section: 'sources', main });
}

/** Plans, a line each. */
export const planTable = (plans: readonly Plan[]): Html =>
  cardTable(
    'Held deletes',
    html`<th scope="col">Plan</th><th scope="col">State</th><th scope="col">Kind</th><th scope="col" class="number">Entities</th><th scope="col">Why</th><th scope="col">Proposed</th>`,
    plans.map(
      (plan) => html`<tr>
<th scope="row"><a id="plan-${plan.plan}" href="${sourceAddress(plan.integration, 'plans', plan.plan)}">${plan.plan}</a></th>
<td data-label="State">${chip(plan.state)}</td>
<td data-label="Kind">${kindOf(plan)}</td>
<td class="number" data-label="Entities">${number(plan.entities)}</td>
<td class="words" data-label="Why">${prose(plan.reason)}</td>
<td data-label="Proposed">${ago(plan.createdAt)}</td>
</tr>`,
    ),
  );

const kindOf = ({ kind }: Plan): string => kind ?? 'no longer configured';

/** One plan, with what it would delete. */
export function planPage(parts: PlanParts): Html {
  const { plan } = parts;
  const { integration, state, why } = plan;
  const at = sourceAddress(integration, 'plans', plan.plan);
  const main = html`${crumbs(plan)}
<h1>Plan ${plan.plan}</h1>
<p class="facts">${chip(state)} <strong>${kindOf(plan)}</strong> <span>${counted(plan.entities, 'entity', 'entities')}</span> <span>proposed ${ago(plan.createdAt)} by run <a href="${sourceAddress(integration, 'runs', plan.run)}">${plan.run}</a></span>
${plan.appliedRun !== null && html`<span>applied by run <a href="${sourceAddress(integration, 'runs', plan.appliedRun)}">${plan.appliedRun}</a></span>`}</p>
<p class="warning">${prose(plan.reason)}</p>
${state !== 'open' && why !== null && html`<p>It is ${state}: ${prose(why)}</p>`}
${
  state === 'open' &&
  html`<p class="row"><a class="button primary" href="${at}/approve">Approve …</a> <a class="button" href="${at}/reject">Reject …</a></p>
${plannedPart(parts, 'What would be deleted')}`
}`;
  return page({ title: `Plan ${plan.plan}`, section: 'sources', main });
}

interface DecisionWords {
  readonly title: string;
  readonly heading: string;
  readonly text: Html;
  readonly button: string;
  readonly look: 'danger' | 'primary';
  readonly list: string;
}

const DECISIONS: Readonly<Record<'approve' | 'reject', (what: string) => DecisionWords>> = {
  approve: (what) => ({
    title: 'Approve plan',
    heading: `Delete ${what}?`,
    text: html`Approving the plan <strong>deletes ${what}</strong> from the catalog: those below, but for what was seen again since and what others have a claim on as well. That cannot be taken back.`,
    button: `Delete ${what}`,
    look: 'danger',
    list: 'What will be deleted',
  }),
  reject: (what) => ({
    title: 'Reject plan',
    heading: `Keep ${what}?`,
    text: html`Rejecting the plan <strong>keeps</strong> what is below. The next complete resync proposes to delete it again, if it is still not in the source then.`,
    button: 'Reject the plan',
    look: 'primary',
    list: 'What will be kept',
  }),
};

/** What is about to be done, before it is done. */
export function decisionPage(parts: PlanParts, decision: 'approve' | 'reject'): Html {
  const { plan } = parts;
  const words = DECISIONS[decision](counted(plan.entities, 'entity', 'entities'));
  const at = sourceAddress(plan.integration, 'plans', plan.plan);
  const main = html`${crumbs(plan)}
<h1>${words.heading}</h1>
<p>${words.text}</p>
<p class="warning">Held because: ${prose(plan.reason)}</p>
<form class="row" method="post" action="${at}/${decision}">
<button class="${words.look}">${words.button}</button>
<a class="button" href="${at}">Cancel</a>
</form>
${plannedPart(parts, words.list)}`;
  return page({ title: `${words.title} ${plan.plan}`, section: 'sources', main });
}

const crumbs = ({ integration }: Plan): Html =>
  html`<p class="crumbs"><a href="/">Data sources</a> <a href="${sourceAddress(integration)}">${integration}</a> <a href="${sourceAddress(integration, 'plans')}">Held deletes</a></p>`;

function plannedPart({ plan, planned }: PlanParts, heading: string): Html {
  const rest = plan.entities - planned.length;
  return html`<h2>${heading}</h2>
${tablePart(
  heading,
  html`<th scope="col">Entity</th><th scope="col">Blueprint</th>`,
  planned.map(
    (key) =>
      html`<tr><th scope="row"><a href="${entityAddress(key)}">${key.identifier}</a></th><td>${key.blueprint}</td></tr>`,
  ),
)}
${rest > 0 && html`<p>… and ${counted(rest, 'other')}.</p>`}`;
}
