import { complete, type FacetValue, readRecipeFacets } from "../hub/searching.ts";
import { askedOf, type Counts, countsOf } from "./text/facets.ts";

const LISTED = 20;
const LONGEST = 1000; // characters of a search

/** How many recipes each choice of a search would leave, or add. */
export async function readCounts(q: string, signal: AbortSignal): Promise<Counts> {
  const asked = askedOf(q);
  const ofAnyOwner = asked.get("owner") ?? q;
  asked.delete("owner");
  const answers = [...asked].map(
    async ([field, text]) => [field, await readRecipeFacets(text, signal)] as const,
  );
  const [owner, ...found] = await Promise.all([readOwners(ofAnyOwner, signal), ...answers]);
  return { ...countsOf(new Map(found)), owner };
}

/** The owners that have most of what is found: facets leave them out, but a search goes on with them. */
async function readOwners(q: string, signal: AbortSignal): Promise<FacetValue[]> {
  const text = `${q} owner:`;
  if (text.length > LONGEST) return [];
  return (await complete(text, LISTED, signal)).values.owner ?? [];
}
