import { describe, expect, it } from 'vitest';
import { temporalUi, workflowAddress } from '../../server/temporal-ui.ts';

describe('links into the Temporal UI', () => {
  it('lead to a workflow, and to one execution of it, in the namespace of the connection', () => {
    const ui = temporalUi('https://temporal.example/ui/', 'team a');
    const base = 'https://temporal.example/ui/namespaces/team%20a/workflows';
    expect(workflowAddress(ui, 'resync/acme', 'run-1')).toBe(`${base}/resync%2Facme/run-1/history`);
    expect(workflowAddress(ui, 'resync/acme')).toBe(`${base}?query=WorkflowId%3D%22resync%2Facme%22`);
    expect(temporalUi('http://127.0.0.1:8233', undefined).namespace).toBe('default');
  });

  it.each(['temporal.example', 'javascript:alert(1)', ''])('"%s" is refused: no link may lead there', (address) => {
    expect(() => temporalUi(address, undefined)).toThrow(/TIDEMARK_TEMPORAL_UI must be an address such as/);
  });
});
