import { count } from "../app/words.ts";
import { sentence } from "./failures.ts";
import { hub } from "./hub.ts";

const MOST = 8;
const PAUSE_MS = 120; // between two letters of somebody who types

/** A model, and what is said beside its name: why it was found, how important it is. */
export interface Found {
  id: string;
  name: string;
  former?: string | null;
  note?: string;
}

/** Finds at most so many models by a part of a name. */
export type Find = (q: string, limit: number, signal: AbortSignal) => Promise<Found[]>;

/** Finds models that lineage knows, by today's names and former ones. */
export const findKnown: Find = async (q, limit, signal) => {
  const { items } = await hub.get("/v1/models", { params: { query: { q, limit } }, signal });
  return items.map(({ id, name, former_name, children_count }) => ({
    id,
    name,
    former: former_name,
    note: children_count ? `${count(children_count)} made from it` : "",
  }));
};

/** The models that what is typed may mean, and the one that the arrows are at. */
export class Suggestions {
  text = $state("");
  models = $state.raw<Found[]>([]);
  active = $state(-1);
  message = $state("");
  #asked: AbortController | null = null;
  #asking: Promise<void> = Promise.resolve();
  readonly #find: Find;

  constructor(find: Find) {
    this.#find = find;
  }

  get open(): boolean {
    return this.models.length > 0;
  }

  /** The model at the arrows, or else the first one, as soon as the hub has answered. */
  async best(): Promise<Found | undefined> {
    await this.#asking;
    return this.models[Math.max(0, this.active)];
  }

  type(text: string): void {
    this.text = text;
    this.close();
    if (text.trim()) this.#asking = this.#ask(text.trim());
  }

  move(by: number): void {
    const count = this.models.length;
    if (count) this.active = (this.active + by + count) % count;
  }

  close(): void {
    this.#asked?.abort();
    this.models = [];
    this.message = "";
    this.active = -1;
  }

  /** Asks once more for what has no models yet. */
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
      this.models = items;
      this.message = items.length ? "" : `No model is called “${q}”.`;
    } catch (error) {
      if (!asked.signal.aborted) this.message = sentence(error);
    }
  }
}
