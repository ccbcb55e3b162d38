import type { Cell } from "../app/csv.ts";
import type { FoundRecipe } from "../hub/searching.ts";

export const MOST_SAVED = 5000;

const COLUMNS: Readonly<Record<string, (recipe: FoundRecipe) => Cell>> = {
  owner: ({ owner }) => owner,
  name: ({ name }) => name,
  title: ({ title }) => title,
  method: ({ version }) => version.method,
  base: ({ base }) => base,
  models: ({ ingredients }) => ingredients,
  size: ({ size }) => size,
  licence: ({ licence }) => licence,
  tags: ({ tags }) => tags.join(" "),
  domains: ({ domains }) => domains.join(" "),
  stars: ({ stars }) => stars,
  forks: ({ forks }) => forks,
  reproductions: ({ reproductions }) => reproductions,
  uplift: ({ uplift }) => uplift,
  created_at: ({ created_at }) => created_at,
  id: ({ id }) => id,
};

/** Recipes as the rows of a table, first the header. */
export function tableOf(recipes: readonly FoundRecipe[]): Cell[][] {
  const columns = Object.values(COLUMNS);
  return [
    Object.keys(COLUMNS),
    ...recipes.map((recipe) => columns.map((column) => column(recipe))),
  ];
}
