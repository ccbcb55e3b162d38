import { recipeAddress } from "../app/links.ts";
import type { Found } from "./suggestions.svelte.ts";

/** Something that has a page. */
export interface Place extends Found {
  href: string;
}

/** A recipe as a place that is suggested. */
export function recipePlace(recipe: {
  id: string;
  owner: string;
  name: string;
  title: string;
}): Place {
  const { id, owner, name, title } = recipe;
  const href = recipeAddress(owner, name);
  const note = title === name ? "" : title;
  return { id, name: `${owner}/${name}`, note, href, group: "Recipes" };
}
