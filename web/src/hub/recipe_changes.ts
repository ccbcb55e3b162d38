import { ifMatch, type Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";
import type { Recipe } from "./recipe_page.ts";

export type Star = Schemas["Star"];
export type RecipeUpdate = Schemas["RecipeUpdate"];
export type ForkCreate = Schemas["ForkCreate"];
export type Visibility = Recipe["visibility"];

export const VISIBILITIES: readonly Visibility[] = ["public", "unlisted", "private"];

export function readStar(id: string, signal: AbortSignal): Promise<Star> {
  return hub.get("/v1/recipes/{recipe_id}/star", { params: { path: { recipe_id: id } }, signal });
}

/** Gives a recipe one's star, or takes it back. */
export function setStar(id: string, starred: boolean): Promise<Star> {
  const params = { path: { recipe_id: id } };
  if (starred) return hub.put("/v1/recipes/{recipe_id}/star", { params });
  return hub.delete("/v1/recipes/{recipe_id}/star", { params });
}

/** Changes what is said of a recipe, unless somebody has changed it since it was read. */
export function updateRecipe(recipe: Recipe, body: RecipeUpdate): Promise<Recipe> {
  const params = { path: { recipe_id: recipe.id }, header: ifMatch(recipe) };
  return hub.patch("/v1/recipes/{recipe_id}", { params, body });
}

export async function deleteRecipe(id: string): Promise<void> {
  await hub.delete("/v1/recipes/{recipe_id}", { params: { path: { recipe_id: id } } });
}

export function forkRecipe(id: string, body: ForkCreate): Promise<Recipe> {
  return hub.post("/v1/recipes/{recipe_id}/fork", { params: { path: { recipe_id: id } }, body });
}
