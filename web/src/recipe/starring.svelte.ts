import { readStar, setStar } from "../hub/recipe_changes.ts";
import type { Recipe } from "../hub/recipe_page.ts";

/** One's star on a recipe; shown at once, and taken back if the hub refuses it. */
export class Starring {
  starred = $state(false);
  stars = $state(0);
  failure = $state.raw<unknown>(null);
  readonly #id: string;
  /** How often it was pressed: an answer from before a press is out of date. */
  #presses = 0;

  constructor({ id, stars }: Recipe) {
    this.#id = id;
    this.stars = stars;
  }

  /** Learns whether it is starred. */
  async look(signal: AbortSignal): Promise<void> {
    const presses = this.#presses;
    try {
      const star = await readStar(this.#id, signal);
      if (this.#presses === presses) this.#show(star);
    } catch (error) {
      if (!signal.aborted) this.failure = error;
    }
  }

  async toggle(): Promise<void> {
    const before = { starred: this.starred, stars: this.stars };
    this.#presses += 1;
    this.failure = null;
    this.starred = !before.starred;
    this.stars += this.starred ? 1 : -1;
    try {
      const presses = this.#presses;
      const star = await setStar(this.#id, this.starred);
      if (this.#presses === presses) this.#show(star);
    } catch (error) {
      Object.assign(this, before);
      this.failure = error;
    }
  }

  #show({ starred_at: at, stars }: { starred_at: string | null; stars: number }): void {
    this.starred = at !== null;
    this.stars = stars;
  }
}
