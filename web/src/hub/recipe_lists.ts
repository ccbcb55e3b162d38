import type { Answer, Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";
import type { Ask } from "./pages.ts";
import type { Recipe } from "./recipe_page.ts";

export type VersionSummary = Schemas["VersionSummary"];
export type Twin = Schemas["Twin"];
export type Reproduction = Schemas["Reproduction"];
export type Run = Schemas["RunSummary"];
export type SimilarRecipe = Schemas["SimilarRecipe"];

const A_PAGE = 20;

export function versionsOf(id: string): Ask<VersionSummary> {
  return (cursor, signal) =>
    hub.get("/v1/recipes/{recipe_id}/versions", of({ recipe_id: id }, cursor, signal));
}

export function twinsOf(id: string, number: number): Ask<Twin> {
  return (cursor, signal) => {
    const asked = of({ recipe_id: id, number }, cursor, signal);
    return hub.get("/v1/recipes/{recipe_id}/versions/{number}/twins", asked);
  };
}

export function forksOf(id: string): Ask<Recipe> {
  return (cursor, signal) =>
    hub.get("/v1/recipes/{recipe_id}/forks", of({ recipe_id: id }, cursor, signal));
}

export function reproductionsOf(id: string): Ask<Reproduction> {
  return (cursor, signal) =>
    hub.get("/v1/recipes/{recipe_id}/reproductions", of({ recipe_id: id }, cursor, signal));
}

export function runsOf(recipe: string): Ask<Run> {
  return (cursor, signal) => {
    const query = { recipe, limit: A_PAGE, ...(cursor && { cursor }) };
    return hub.get("/v1/runs", { params: { query }, signal });
  };
}

export async function similarTo(id: string, signal: AbortSignal): Promise<SimilarRecipe[]> {
  const params = { path: { recipe_id: id }, query: { limit: 10 } };
  return (await hub.get("/v1/recipes/{recipe_id}/similar", { params, signal })).items;
}

export type Comparison = Answer<"get", "/v1/recipes/diff">;
export type Difference = Comparison["differences"][number];

/** How two versions differ by meaning, each by its id. */
export function compareVersions(
  from: string,
  to: string,
  signal: AbortSignal,
): Promise<Comparison> {
  return hub.get("/v1/recipes/diff", { params: { query: { from, to } }, signal });
}

/** A page of what belongs to a thing with a path. */
function of<Path>(path: Path, cursor: string | null, signal: AbortSignal) {
  return { params: { path, query: { limit: A_PAGE, ...(cursor && { cursor }) } }, signal };
}
