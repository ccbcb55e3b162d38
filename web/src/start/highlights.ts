import { searchAddress } from "../app/links.ts";
import { age, many, points } from "../app/words.ts";
import type { FoundRecipe, RecipeQuery } from "../hub/searching.ts";

/** Some recipes that stand out, and why. */
export interface Highlight {
  title: string;
  /** Where there are more of them. */
  href: string;
  recipes: FoundRecipe[];
  /** What is said beside a recipe. */
  note: (recipe: FoundRecipe) => string;
}

interface Kind extends Omit<Highlight, "recipes" | "href"> {
  query: RecipeQuery;
}

const NEW: Kind = {
  title: "New",
  query: { sort: "new" },
  note: ({ created_at }) => age(created_at),
};
const RISING: Kind = {
  title: "Rising",
  query: { sort: "trending" },
  note: ({ stars }) => (stars ? many(stars, "star") : ""),
};
const REPRODUCED: Kind = {
  title: "Most reproduced",
  query: { q: "reproduced:yes", sort: "reproductions" },
  note: ({ reproductions }) => many(reproductions, "time"),
};
const GAINED: Kind = {
  title: "Largest uplift",
  query: { q: "uplift>0", sort: "uplift" },
  note: ({ uplift }) => (uplift === null ? "" : `${points(uplift, true)} points`),
};
export const KINDS = [NEW, RISING, REPRODUCED, GAINED];

/** What is worth showing: where nothing rises, the hub's order of what rises is that of what is new. */
export function highlightsOf(found: readonly FoundRecipe[][]): Highlight[] {
  const ids = (recipes: readonly FoundRecipe[] = []) => recipes.map(({ id }) => id).join();
  const nothingRises = ids(found[0]) === ids(found[1]);
  return KINDS.map((kind, at) => ({ kind, recipes: found[at] ?? [] }))
    .filter(({ kind, recipes }) => recipes.length && !(kind === RISING && nothingRises))
    .map(({ kind: { title, note, query }, recipes }) => ({
      title,
      note,
      recipes,
      href: addressOf(query),
    }));
}

function addressOf({ q = "", sort = "new" }: RecipeQuery): string {
  const address = searchAddress(q);
  return `${address}${address.includes("?") ? "&" : "?"}sort=${sort}`;
}
