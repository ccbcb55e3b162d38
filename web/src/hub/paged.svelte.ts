import { type Ask, readPages } from "./pages.ts";

/** A list of the hub, read page by page; asked anew when the question changes. */
export class Paged<Item> {
  items = $state.raw<readonly Item[]>([]);
  failure = $state.raw<unknown>(null);
  loading = $state(false);
  /** Whether the first page is there. */
  ready = $state(false);
  #cursor = $state<string | null>(null);
  #times = $state(0);
  /** How many pages are shown. */
  #pages = 0;
  #asked = new AbortController();
  #ask: Ask<Item> | null = null;
  #tried: () => void = () => undefined;

  constructor(ask: () => Ask<Item> | null) {
    let times = 0;
    $effect(() => {
      const pages = this.#times === times ? 1 : Math.max(1, this.#pages);
      times = this.#times;
      this.#ask = ask();
      this.#asked = new AbortController();
      void this.#read(null, pages);
      return () => this.#asked.abort();
    });
  }

  get more(): boolean {
    return this.#cursor !== null;
  }

  /** Reads the next page. */
  next(): void {
    void this.#read(this.#cursor, 1);
  }

  /** Reads once more what could not be read. */
  retry(): void {
    this.#tried();
  }

  /** Reads all pages that are shown anew. */
  again(): void {
    this.#times += 1;
  }

  async #read(after: string | null, pages: number): Promise<void> {
    if (!this.#ask) return;
    const { signal } = this.#asked;
    this.#tried = () => void this.#read(after, pages);
    this.loading = true;
    this.failure = null;
    try {
      const { items, next_cursor } = await readPages(this.#ask, after, pages, signal);
      if (signal.aborted) return;
      this.items = after === null ? items : [...this.items, ...items];
      this.#pages = after === null ? pages : this.#pages + pages;
      this.#cursor = next_cursor;
      this.ready = true;
    } catch (error) {
      if (!signal.aborted) this.failure = error;
    } finally {
      if (!signal.aborted) this.loading = false;
    }
  }
}
