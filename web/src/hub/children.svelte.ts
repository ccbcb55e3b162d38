import type { Operations, Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";
import type { Relation } from "./relations.ts";

type Child = Schemas["Neighbour"];
type Query = NonNullable<Operations["list_children"]["parameters"]["query"]>;

const A_PAGE = 20;
const PAUSE_MS = 150;

/** The models that were made from one, page by page. */
export class Children {
  items = $state.raw<readonly Child[]>([]);
  failure = $state.raw<unknown>(null);
  loading = $state(false);
  #cursor = $state<string | null>(null);
  #asked = new AbortController();
  #question: { id: string; query: Query } | null = null;

  get more(): boolean {
    return this.#cursor !== null;
  }

  /** Begins anew; returns how to stop. */
  ask(id: string, relation: Relation | null, text: string): () => void {
    this.#asked.abort();
    this.#asked = new AbortController();
    const { signal } = this.#asked;
    this.#question = {
      id,
      query: {
        limit: A_PAGE,
        ...(relation && { relation: [relation] }),
        ...(text.trim() && { q: text.trim() }),
      },
    };
    const wait = setTimeout(() => void this.#read(null, signal), text ? PAUSE_MS : 0);
    return () => {
      clearTimeout(wait);
      this.#asked.abort();
    };
  }

  /** Reads the next page, or once more the one that could not be read. */
  next(): void {
    void this.#read(this.#cursor, this.#asked.signal);
  }

  async #read(cursor: string | null, signal: AbortSignal): Promise<void> {
    if (!this.#question) return;
    const { id, query } = this.#question;
    this.loading = true;
    this.failure = null;
    try {
      const params = { path: { model_id: id }, query: { ...query, ...(cursor && { cursor }) } };
      const page = await hub.get("/v1/models/{model_id}/children", { params, signal });
      if (signal.aborted) return;
      this.items = cursor ? [...this.items, ...page.items] : page.items;
      this.#cursor = page.next_cursor;
    } catch (error) {
      if (!signal.aborted) this.failure = error;
    } finally {
      if (!signal.aborted) this.loading = false;
    }
  }
}
