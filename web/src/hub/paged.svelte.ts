/** A page of a list, and where the next one begins. */
interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/** Reads the page of a list after a cursor; without one, the first. */
export type Ask<Item> = (cursor: string | null, signal: AbortSignal) => Promise<Page<Item>>;

/** A list of the hub, read page by page; asked anew when the question changes. */
export class Paged<Item> {
  items = $state.raw<readonly Item[]>([]);
  failure = $state.raw<unknown>(null);
  loading = $state(false);
  /** Whether the first page is there. */
  ready = $state(false);
  #cursor = $state<string | null>(null);
  #times = $state(0);
  #asked = new AbortController();
  #ask: Ask<Item> | null = null;

  constructor(ask: () => Ask<Item> | null) {
    $effect(() => {
      void this.#times;
      this.#ask = ask();
      this.#asked = new AbortController();
      if (this.#ask) void this.#read(null);
      return () => this.#asked.abort();
    });
  }

  get more(): boolean {
    return this.#cursor !== null;
  }

  /** Reads the next page, or once more the one that could not be read. */
  next(): void {
    void this.#read(this.#cursor);
  }

  /** Reads the list from its beginning. */
  again(): void {
    this.#times += 1;
  }

  async #read(cursor: string | null): Promise<void> {
    const { signal } = this.#asked;
    this.loading = true;
    this.failure = null;
    try {
      const page = await this.#ask?.(cursor, signal);
      if (signal.aborted || !page) return;
      this.items = cursor ? [...this.items, ...page.items] : page.items;
      this.#cursor = page.next_cursor;
      this.ready = true;
    } catch (error) {
      if (!signal.aborted) this.failure = error;
    } finally {
      if (!signal.aborted) this.loading = false;
    }
  }
}
