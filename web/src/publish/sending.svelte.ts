import { fork, publish, publishVersion, type Recipe } from "../hub/publishing.ts";
import { type Filled, forkWantedOf, wantedOf } from "./draft.svelte.ts";
import type { From } from "./state.ts";

/** The recipe from which one forks or goes on, and the text of its newest version. */
export interface Origin {
  recipe: Recipe;
  text: string;
}

/** What a recipe is called once it is published. */
type Named = Pick<Recipe, "id" | "owner" | "name">;

/** A recipe on its way to the hub. */
export class Sending {
  busy = $state(false);
  failure = $state.raw<unknown>(null);
  readonly #from: From;
  readonly #origin: Origin | null;
  /** A fork that is published, while its changed text is not. */
  #forked: Named | null = null;

  constructor(from: From, origin: Origin | null) {
    this.#from = from;
    this.#origin = origin;
  }

  /** Publishes what is filled in; returns what it is called, or null if the hub refused it. */
  async send(filled: Filled): Promise<Named | null> {
    this.busy = true;
    this.failure = null;
    try {
      return await this.#send(filled);
    } catch (error) {
      this.failure = error;
      return null;
    } finally {
      this.busy = false;
    }
  }

  async #send(filled: Filled): Promise<Named> {
    if (!this.#origin) return publish(wantedOf(filled));
    const { recipe, text } = this.#origin;
    if (this.#from.way === "version") {
      await publishVersion(recipe.id, filled.text);
      return recipe;
    }
    // The hub forks a version as it is; what was changed in it is the fork's second version.
    this.#forked ??= await fork(recipe.id, forkWantedOf(filled));
    if (filled.text !== text) await publishVersion(this.#forked.id, filled.text);
    return this.#forked;
  }
}
