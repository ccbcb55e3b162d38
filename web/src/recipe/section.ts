import type { Me } from "../hub/me.ts";
import type { Recipe, Version } from "../hub/recipe_page.ts";
import type { RecipeState } from "./state.ts";

/** What every section of the page of a recipe is given. */
export interface SectionProps {
  recipe: Recipe;
  /** The version that is shown. */
  version: Version;
  /** Who looks; null if nobody has signed in. */
  me: Me | null;
  /** Whether they may change the recipe. */
  writes: boolean;
  now: RecipeState;
  go: (change: Partial<RecipeState>, how?: { replace: boolean }) => void;
  /** Asks for the recipe once more, after a change. */
  again: () => void;
}
