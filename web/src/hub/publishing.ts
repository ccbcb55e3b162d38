import { HubProblem, type Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

export type Fault = Schemas["FieldFault"];
export type Checked = Schemas["CheckedRecipeAnswer"];
export type Recipe = Schemas["Recipe"];
export type RecipeVersion = Schemas["RecipeVersion"];
export type RecipeWanted = Schemas["RecipeCreate"];
export type ForkWanted = Schemas["ForkCreate"];
export type Twin = Schemas["Twin"];
export type Visibility = NonNullable<RecipeWanted["visibility"]>;
export type ImportWanted = Schemas["RecipeImportCreate"];
export type ImportReport = Schemas["RecipeImportReport"];

/** What the check of a text found: what it would make, or why it cannot be published. */
export type Verdict = { checked: Checked } | { faults: readonly Fault[] };

/** Checks a recipe as if to publish it; nothing is stored. */
export async function check(
  recipe: string,
  licence: string | null,
  signal: AbortSignal,
): Promise<Verdict> {
  try {
    const checked = await hub.post("/v1/recipes/check", { body: { recipe, licence }, signal });
    return { checked };
  } catch (error) {
    if (!(error instanceof HubProblem) || error.code !== "recipe-invalid") throw error;
    return { faults: error.errors };
  }
}

export async function publish(recipe: RecipeWanted): Promise<Recipe> {
  return hub.post("/v1/recipes", { body: recipe });
}

export async function fork(recipe_id: string, wanted: ForkWanted): Promise<Recipe> {
  return hub.post("/v1/recipes/{recipe_id}/fork", {
    params: { path: { recipe_id } },
    body: wanted,
  });
}

export async function publishVersion(recipe_id: string, recipe: string): Promise<RecipeVersion> {
  const params = { path: { recipe_id } };
  return hub.post("/v1/recipes/{recipe_id}/versions", { params, body: { recipe } });
}

/** Publishes recipes in bulk; a dry run says what would become of them. */
export async function bringIn(body: ImportWanted): Promise<ImportReport> {
  return hub.post("/v1/recipes/import", { body });
}

/** A recipe by its owner and name, with the text of its newest version. */
export async function readNamed(
  owner: string,
  name: string,
  signal: AbortSignal,
): Promise<{ recipe: Recipe; text: string }> {
  const named = { params: { path: { owner, name } }, signal };
  const recipe = await hub.get("/v1/recipes/named/{owner}/{name}", named);
  const path = { recipe_id: recipe.id, number: recipe.version.number };
  const version = await hub.get("/v1/recipes/{recipe_id}/versions/{number}", {
    params: { path },
    signal,
  });
  return { recipe, text: version.source };
}

/** Whether an owner has a recipe of a name, as far as lists show it. */
export async function isTaken(owner: string, name: string, signal: AbortSignal): Promise<boolean> {
  const query = { owner: [owner], name: [name], limit: 1 };
  const { items } = await hub.get("/v1/recipes", { params: { query }, signal });
  return items.length > 0;
}

/** The accounts for which a person may publish and run: their own first. */
export async function readOwners(signal: AbortSignal): Promise<string[]> {
  const { account, organisations } = await hub.get("/v1/accounts/me", { signal });
  const writes = organisations.filter(({ role }) => role !== "reader");
  return [account.handle, ...writes.map(({ organisation }) => organisation)];
}

/** Values that recipes of this hub have, the most frequent first. */
export interface Values {
  tags: string[];
  domains: string[];
  licences: string[];
}

const MOST = 50;

export async function readValues(signal: AbortSignal): Promise<Values> {
  const { facets } = await hub.get("/v1/recipes/facets", {
    params: { query: { limit: MOST } },
    signal,
  });
  const of = (field: string) => (facets[field] ?? []).map(({ value }) => value);
  return { tags: of("tag"), domains: of("domain"), licences: of("licence") };
}
