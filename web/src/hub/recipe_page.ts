import { HubProblem, type Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

export type Recipe = Schemas["Recipe"];
export type Version = Schemas["RecipeVersion"];
export type VersionReference = Schemas["VersionReference"];

const MISSING: ReadonlySet<number> = new Set([404, 422]); // of 422, the name is none that a recipe may have

/** The recipe of a name; one that it had before leads to it. Null if the hub shows nobody such a recipe. */
export async function findRecipe(
  owner: string,
  name: string,
  signal: AbortSignal,
): Promise<Recipe | null> {
  const params = { path: { owner, name } };
  return hub.get("/v1/recipes/named/{owner}/{name}", { params, signal }).catch(nullIfMissing);
}

/** The names of recipes, as `owner/name`, that resemble one that no recipe has. */
export async function resembling(name: string, signal: AbortSignal): Promise<string[]> {
  const params = { query: { name: [name], limit: 1 } };
  const { items, suggestions } = await hub.get("/v1/recipes", { params, signal });
  return [...items.map((each) => `${each.owner}/${each.name}`), ...suggestions];
}

/** A version by its number; null if the recipe has none. */
export async function readVersion(
  id: string,
  number: number,
  signal: AbortSignal,
): Promise<Version | null> {
  const params = { path: { recipe_id: id, number } };
  const path = "/v1/recipes/{recipe_id}/versions/{number}";
  return hub.get(path, { params, signal }).catch(nullIfMissing);
}

export type Format = "card" | "cyclonedx";

/** A version as a file for another program. */
export async function exported(id: string, number: number, as: Format): Promise<string> {
  const params = { path: { recipe_id: id, number }, query: { as } };
  const path = "/v1/recipes/{recipe_id}/versions/{number}/export";
  return String(await hub.get(path, { params, parseAs: "text" }));
}

/** The ids of models that lineage knows, by the names by which a recipe calls them. */
export async function knownModels(
  names: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const body = { groups: [], models: names.slice(0, MOST_MODELS) };
  const { models } = await hub.post("/v1/graph/ingredients", { body, signal });
  return new Map(models.map(({ asked, id }) => [asked, id]));
}

const MOST_MODELS = 100; // in one question

function nullIfMissing(error: unknown): null {
  if (error instanceof HubProblem && MISSING.has(error.status)) return null;
  throw error;
}
