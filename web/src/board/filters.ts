import type { BoardFacets } from "../hub/boards.ts";

export interface Option {
  value: string;
  label: string;
  count: number | null;
}

/** What one can choose of a list: what the hub has, and what is chosen although nothing has it. */
export function optionsOf(
  facets: BoardFacets | null,
  list: string,
  chosen: readonly string[],
): Option[] {
  const found = (facets?.[list] ?? []).flatMap(({ value, models }) =>
    value === null || value === "" ? [] : [{ value, label: value, count: models }],
  );
  const known = new Set(found.map(({ value }) => value));
  const others = chosen.filter((value) => !known.has(value));
  return [...found, ...others.map((value) => ({ value, label: value, count: facets && 0 }))];
}
