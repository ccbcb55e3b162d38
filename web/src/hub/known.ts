import { mapAddress } from "../app/links.ts";
import { count } from "../app/words.ts";
import { hub } from "./hub.ts";
import { type Place, recipePlace } from "./place.ts";
import { complete } from "./searching.ts";
import type { Find, Found } from "./suggestions.svelte.ts";

/** Finds models that lineage knows, by today's names and former ones. */
export const findKnown: Find = async (q, limit, signal) => {
  const query = { q: q.trim(), limit };
  const { items } = await hub.get("/v1/models", { params: { query }, signal });
  return items.map(({ id, name, former_name, children_count }) => ({
    id,
    name,
    former: former_name,
    note: children_count ? `${count(children_count)} made from it` : "",
  }));
};

/** Finds recipes and models. What one service does not answer, the other may. */
export const findAnything: Find<Place> = async (q, limit, signal) => {
  const half = Math.floor(limit / 2);
  const answers = await Promise.allSettled([
    findRecipePlaces(q, half, signal),
    findKnown(q, half, signal).then((models) => models.map(asPlace)),
  ]);
  const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  const [failed] = answers.filter((answer) => answer.status === "rejected");
  if (failed && !found.flat().length) throw failed.reason;
  return found.flat();
};

async function findRecipePlaces(q: string, most: number, signal: AbortSignal): Promise<Place[]> {
  const { recipes } = await complete(q.trim(), most, signal);
  return recipes.map(recipePlace);
}

const asPlace = (model: Found): Place => ({
  ...model,
  href: mapAddress(model.id),
  group: "Models",
});
