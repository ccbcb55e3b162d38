import type { BoardFacets } from "../hub/boards.ts";
import type { List } from "./state.ts";

export interface Option {
  value: string;
  label: string;
  count: number | null;
}

/** How the hub calls what is not known. */
const UNKNOWN = "unknown";

/** What one can choose of a list: what the hub has, and what is chosen although nothing has it. */
export function optionsOf(
  facets: BoardFacets | null,
  list: List,
  chosen: readonly string[],
): Option[] {
  const found = (facets?.[list] ?? []).map(({ value, models }) => ({
    value,
    label: value === UNKNOWN ? "not known" : value,
    count: models,
  }));
  const known = new Set(found.map(({ value }) => value));
  const others = chosen.filter((value) => !known.has(value));
  return [...found, ...others.map((value) => ({ value, label: value, count: facets && 0 }))];
}
