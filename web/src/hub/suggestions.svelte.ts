import { sentence } from "./failures.ts";

const MOST = 8;
const PAUSE_MS = 120; // between two letters of somebody who types

/** What typed text may mean, and what is said beside its name: why it was found, how important. */
export interface Found {
  id: string;
  name: string;
  former?: string | null;
  note?: string;
  /** The heading under which it is listed. */
  group?: string;
}

/** Finds at most so many things by a part of a name. */
export type Find<Item extends Found = Found> = (
  q: string,
  limit: number,
  signal: AbortSignal,
) => Promise<Item[]>;

/** What may be meant by what is typed, and which of it the arrows are at. */
export class Suggestions<Item extends Found = Found> {
  text = $state("");
  items = $state.raw<Item[]>([]);
  active = $state(-1);
  message = $state("");
  #asked: AbortController | null = null;
  #asking: Promise<void> = Promise.resolve();
  readonly #find: Find<Item>;
  readonly #none: (q: string) => string;

  /** `none` is what is said if nothing is found. */
  constructor(find: Find<Item>, none: (q: string) => string) {
    this.#find = find;
    this.#none = none;
  }

  get open(): boolean {
    return this.items.length > 0;
  }

  /** What the arrows are at, or else the first, as soon as the hub has answered. */
  async best(): Promise<Item | undefined> {
    await this.#asking;
    return this.items[Math.max(0, this.active)];
  }

  /** What was found stays until there is something else, so that the list does not flicker. */
  type(text: string): void {
    this.text = text;
    this.#asked?.abort();
    this.message = "";
    this.active = -1;
    if (text.trim()) this.#asking = this.#ask(text.trimStart());
    else this.close();
  }

  move(by: number): void {
    const { active } = this;
    const count = this.items.length;
    if (count) this.active = active < 0 && by < 0 ? count - 1 : (active + by + count) % count;
  }

  close(): void {
    this.#asked?.abort();
    this.items = [];
    this.message = "";
    this.active = -1;
  }

  /** Asks once more for what has nothing yet. */
  again(): void {
    if (this.message) this.type(this.text);
  }

  clear(): void {
    this.close();
    this.text = "";
  }

  async #ask(q: string): Promise<void> {
    const asked = new AbortController();
    this.#asked = asked;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    if (asked.signal.aborted) return;
    this.message = "Searching …";
    try {
      const items = await this.#find(q, MOST, asked.signal);
      if (asked.signal.aborted) return;
      this.items = items;
      this.message = items.length ? "" : this.#none(q.trim());
    } catch (error) {
      if (asked.signal.aborted) return;
      this.items = [];
      this.message = sentence(error);
    }
  }
}
