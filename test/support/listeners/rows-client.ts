import type { Row } from '../listener-source.ts';

interface Answer {
  readonly rows: Row[];
  readonly next: number | null;
}

/** Asks test/support/listener-source.ts. */
export class RowsClient {
  readonly #url: string;
  readonly #name: string;

  constructor(url: string, name: string) {
    this.#url = url;
    this.#name = name;
  }

  async *pages(kind: string, { from, signal }: { from: number; signal: AbortSignal }): AsyncGenerator<Answer> {
    for (let page: number | null = from; page !== null; ) {
      const query = new URLSearchParams({ page: String(page), from: this.#name, pid: String(process.pid) });
      const response = await fetch(`${this.#url}/${kind}?${query}`, { signal });
      if (!response.ok) throw new Error(`${kind}: answered ${response.status}`);
      const answer = (await response.json()) as Answer;
      yield answer;
      page = answer.next;
    }
  }

  async all(kind: string, signal: AbortSignal): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const page of this.pages(kind, { from: 0, signal })) rows.push(...page.rows);
    return rows;
  }

  async record(kind: string, key: string): Promise<Row | null> {
    const response = await fetch(`${this.#url}/${kind}/${encodeURIComponent(key)}`);
    return (await response.json()) as Row | null;
  }

  /** Without the reading's signal: also what comes after it. */
  async say(line: string): Promise<void> {
    await fetch(`${this.#url}/said`, { method: 'POST', body: line });
  }
}
