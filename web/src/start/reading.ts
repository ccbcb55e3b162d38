import { listRecipes } from "../hub/searching.ts";
import { type Highlight, highlightsOf, KINDS } from "./highlights.ts";

const SHOWN = 5;

export async function readHighlights(signal: AbortSignal): Promise<Highlight[]> {
  const asked = KINDS.map(({ query }) => listRecipes({ ...query, limit: SHOWN }, signal));
  return highlightsOf(await Promise.all(asked));
}
