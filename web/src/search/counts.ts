import { readRecipeFacets } from "../hub/searching.ts";
import { askedOf, type Counts, countsOf } from "./text/facets.ts";

/** How many recipes each choice of a search would leave, or add. */
export async function readCounts(q: string, signal: AbortSignal): Promise<Counts> {
  const asked = [...askedOf(q)].map(
    async ([field, text]) => [field, await readRecipeFacets(text, signal)] as const,
  );
  return countsOf(new Map(await Promise.all(asked)));
}
