import { sleep } from '@temporalio/workflow';
import { kindWorkflow as realKind, resyncWorkflow as realResync } from '../../../workflows/index.ts';
import type { KindInput } from '../../../workflows/kind.ts';
import type { ResyncInput } from '../../../workflows/messages.ts';

// Workflows with one command more than the recorded ones: the replay test must notice.

export async function resyncWorkflow(input: ResyncInput): Promise<unknown> {
  await sleep('1 second');
  return realResync(input);
}

export async function kindWorkflow(input: KindInput): Promise<unknown> {
  await sleep('1 second');
  return realKind(input);
}
