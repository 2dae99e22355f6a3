import { UsageError } from '../domain/errors.ts';

/** Where people look into workflows. */
export interface TemporalUi {
  /** The Web UI's own address, without a slash at its end. */
  readonly url: string;
  readonly namespace: string;
}

const DEFAULT_NAMESPACE = 'default';

/** The Web UI at an address. Throws `UsageError` when that is none that a link may lead to. */
export function temporalUi(address: string, namespace: string | undefined): TemporalUi {
  const { protocol } = URL.canParse(address) ? new URL(address) : { protocol: '' };
  if (!['http:', 'https:'].includes(protocol)) {
    throw new UsageError(`TIDEMARK_TEMPORAL_UI must be an address such as http://127.0.0.1:8233, not "${address}"`);
  }
  return { url: address.replace(/\/+$/, ''), namespace: namespace || DEFAULT_NAMESPACE };
}

/** The executions of a workflow; with `runId` the history of that one. */
export function workflowAddress({ url, namespace }: TemporalUi, workflowId: string, runId?: string): string {
  const workflows = `${url}/namespaces/${encodeURIComponent(namespace)}/workflows`;
  if (runId !== undefined) return `${workflows}/${encodeURIComponent(workflowId)}/${encodeURIComponent(runId)}/history`;
  return `${workflows}?query=${encodeURIComponent(`WorkflowId="${workflowId}"`)}`;
}
