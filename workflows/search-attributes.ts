import { defineSearchAttributeKey, type SearchAttributePair, SearchAttributeType } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';

const integration = defineSearchAttributeKey('TidemarkIntegration', SearchAttributeType.KEYWORD);
const kind = defineSearchAttributeKey('TidemarkKind', SearchAttributeType.KEYWORD);
const outcome = defineSearchAttributeKey('TidemarkOutcome', SearchAttributeType.KEYWORD);
const trigger = defineSearchAttributeKey('TidemarkTrigger', SearchAttributeType.KEYWORD);

export interface Attributes {
  readonly integration: string;
  readonly kind?: string;
  /** `running` first: attributes are carried over into the next run. */
  readonly outcome: string;
  readonly trigger?: string;
}

/** Makes runs findable in the Temporal UI, where the server knows the attributes: an unknown one would block. */
export function recordAttributes(known: boolean, attributes: Attributes): void {
  if (!known) return;
  const pairs: SearchAttributePair[] = [
    { key: integration, value: attributes.integration },
    { key: outcome, value: attributes.outcome },
  ];
  if (attributes.kind) pairs.push({ key: kind, value: attributes.kind });
  if (attributes.trigger) pairs.push({ key: trigger, value: attributes.trigger });
  upsertSearchAttributes(pairs);
}
