import type { Answer, Operations, Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

export type FoundRecipe = Schemas["FoundRecipe"];
export type SimilarRecipe = Schemas["SimilarRecipe"];
export type RecipePage = Answer<"get", "/v1/recipes">;
export type RecipeFacets = Schemas["RecipeFacets"];
export type FacetValue = Schemas["FacetValue"];
export type Completions = Answer<"get", "/v1/recipes/suggestions">;

type Query = NonNullable<Operations["list_recipes"]["parameters"]["query"]>;
export type RecipeQuery = Pick<Query, "q" | "sort" | "limit" | "cursor">;
export type Likeness = NonNullable<
  NonNullable<Operations["list_similar_recipes"]["parameters"]["query"]>["by"]
>;

export function findRecipes(query: RecipeQuery, signal: AbortSignal): Promise<RecipePage> {
  return hub.get("/v1/recipes", { params: { query }, signal });
}

export async function listRecipes(query: RecipeQuery, signal: AbortSignal): Promise<FoundRecipe[]> {
  return (await findRecipes(query, signal)).items;
}

/** How many recipes a search finds. */
export async function countRecipes(q: string, signal: AbortSignal): Promise<number> {
  return (await findRecipes({ q, limit: 1 }, signal)).total;
}

export function readRecipeFacets(q: string, signal: AbortSignal): Promise<RecipeFacets> {
  return hub.get("/v1/recipes/facets", { params: { query: { q, limit: 20 } }, signal });
}

/** What the last word of a search may become. */
export function complete(q: string, limit: number, signal: AbortSignal): Promise<Completions> {
  return hub.get("/v1/recipes/suggestions", { params: { query: { q, limit } }, signal });
}

/** The recipes that are like one, the most like first. */
export async function readSimilar(
  owner: string,
  name: string,
  by: Likeness,
  signal: AbortSignal,
): Promise<SimilarRecipe[]> {
  const path = { owner, name };
  const { id } = await hub.get("/v1/recipes/named/{owner}/{name}", { params: { path }, signal });
  const params = { path: { recipe_id: id }, query: { by, limit: 50 } };
  return (await hub.get("/v1/recipes/{recipe_id}/similar", { params, signal })).items;
}
