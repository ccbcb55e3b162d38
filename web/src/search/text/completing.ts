import { many } from "../../app/words.ts";
import { recipePlace } from "../../hub/place.ts";
import type { Completions } from "../../hub/searching.ts";
import type { Found } from "../../hub/suggestions.svelte.ts";

/** What the last word of a search may become. */
export interface Completion extends Found {
  /** The whole search with it; of a recipe, nothing. */
  q: string;
  /** Whether a value has to follow. */
  isField: boolean;
  /** The page of a recipe. */
  href?: string;
}

/** The values first, as whoever types them is in the middle of a condition. */
export function completionsOf({ values, fields, recipes }: Completions): Completion[] {
  return [
    ...Object.entries(values).flatMap(([field, found]) =>
      found.map(({ value, count, q }) => ({
        id: `${field}:${value}`,
        name: `${field}:${value}`,
        note: many(count, "recipe"),
        group: "Values",
        q,
        isField: false,
      })),
    ),
    ...fields.map(({ name, meaning, q }) => ({
      id: `${name}:`,
      name: `${name}:`,
      note: meaning.replaceAll("`", ""),
      group: "Fields",
      q,
      isField: true,
    })),
    ...recipes.map((recipe) => ({ ...recipePlace(recipe), q: "", isField: false })),
  ];
}
