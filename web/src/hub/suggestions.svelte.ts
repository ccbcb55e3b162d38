import type { Schemas } from "@mergehub/client";
import { sentence } from "./failures.ts";
import { hub } from "./hub.ts";

const MOST = 8;
const PAUSE_MS = 120; // between two letters of somebody who types

/** A model, and the name by which it was found if it has another one today. */
type Found = Schemas["ListedModel"];

/** The models that what is typed may mean, and the one that the arrows are at. */
export class Suggestions {
  text = $state("");
  models = $state.raw<Found[]>([]);
  active = $state(-1);
  message = $state("");
  #asked: AbortController | null = null;
  #asking: Promise<void> = Promise.resolve();

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
      const query = { q, limit: MOST };
      const { items } = await hub.get("/v1/models", { params: { query }, signal: asked.signal });
      if (asked.signal.aborted) return;
      this.models = items;
      this.message = items.length ? "" : `No model is called “${q}”.`;
    } catch (error) {
      if (!asked.signal.aborted) this.message = sentence(error);
    }
  }
}
