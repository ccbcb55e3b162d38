import { HubProblem, type Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

/** The recipe by which a run of this hub made a model. */
export interface Recipe {
  run: string;
  text: string;
  digest: string;
}

const MISSING = 404;

/** The recipe of a model; null if no run of this hub that is still known has made it. */
export async function readRecipe(id: string, signal: AbortSignal): Promise<Recipe | null> {
  const parents = { params: { path: { model_id: id }, query: { max_depth: 1 } }, signal };
  const answer = await hub.get("/v1/models/{model_id}/ancestors", parents);
  const { edges } = answer as Schemas["Walk"]; // lines only if one asks for them
  const run = edges.find((edge) => edge.child === id && edge.run !== null)?.run;
  return run ? recipeOf(run, signal).catch(nullIfMissing) : null;
}

async function recipeOf(run: string, signal: AbortSignal): Promise<Recipe | null> {
  const { spec } = await hub.get("/v1/runs/{run_id}", {
    params: { path: { run_id: run } },
    signal,
  });
  return spec.kind === "merge" ? { run, text: spec.recipe, digest: spec.recipe_digest } : null;
}

function nullIfMissing(error: unknown): null {
  if (error instanceof HubProblem && error.status === MISSING) return null;
  throw error;
}
