import { HubProblem } from "@mergehub/client";
import { hub } from "../hub/hub.ts";

const NAMED = /^([a-z0-9-]+)\/([a-z0-9-]+)(?:@([1-9]\d*))?$/i;

/** The id of the version that a text names, such as `ann/soup@2`. Throws a RangeError for none. */
export async function findVersion(text: string): Promise<string> {
  const [, owner, name, number] = NAMED.exec(text) ?? [];
  if (!owner || !name) throw new RangeError("Write owner/name, such as ann/soup or ann/soup@2.");
  try {
    const recipe = await hub.get("/v1/recipes/named/{owner}/{name}", {
      params: { path: { owner, name } },
    });
    if (!number) return recipe.version.id;
    const path = { recipe_id: recipe.id, number: Number(number) };
    return (await hub.get("/v1/recipes/{recipe_id}/versions/{number}", { params: { path } })).id;
  } catch (error) {
    const missing = error instanceof HubProblem && error.code === "recipe-not-found";
    throw missing ? new RangeError(`This hub has no recipe ${text}.`) : error;
  }
}
