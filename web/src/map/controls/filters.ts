import type { Facets } from "../../hub/facets.ts";
import { RELATIONS } from "../../hub/relations.ts";
import { KINDS } from "../look.ts";
import { KINDS_OF_MODELS, type MapState } from "../state.ts";

/** What one can choose, and how many models have it; null as long as that is not known. */
export interface Option<Value extends string = string> {
  value: Value;
  label: string;
  count: number | null;
}

/** How the hub calls a licence that is not known. */
const UNKNOWN = "unknown";

type Listed = "methods" | "licences" | "domains" | "kinds" | "relations";

/** What one can filter by: what the hub has, the most frequent first, and what is chosen already. */
export function optionsOf(facets: Facets | null, state: MapState) {
  return {
    relation: fixed(RELATIONS, KINDS, facets, "relations"),
    kind: fixed(KINDS_OF_MODELS, KINDS, facets, "kinds"),
    method: found(facets, "methods", state.method),
    licence: found(facets, "licences", state.licence),
    domain: found(facets, "domains", state.domain),
  };
}

/** Values that are always the same ones, with labels. */
function fixed<Value extends string>(
  values: readonly Value[],
  labels: Readonly<Record<string, { label: string }>>,
  facets: Facets | null,
  list: Listed,
): Option<Value>[] {
  const counts = new Map(facets?.[list].map(({ value, models }) => [value, models]));
  return values.map((value) => ({
    value,
    label: labels[value]?.label ?? value,
    count: facets && (counts.get(value) ?? 0),
  }));
}

function found(facets: Facets | null, list: Listed, chosen: readonly string[]): Option[] {
  const options = facets?.[list].flatMap(({ value, models }) => option(value, models, list)) ?? [];
  const known = new Set(options.map(({ value }) => value));
  const others = chosen.filter((value) => !known.has(value));
  const none = facets && 0;
  return [...options, ...others.map((value) => ({ value, label: value, count: none }))];
}

/** A map can be filtered by a licence that is not known, but not by a method or domain. */
function option(value: string | null, count: number, list: Listed): Option[] {
  if (value !== null) return [{ value, label: value, count }];
  return list === "licences" ? [{ value: UNKNOWN, label: "none known", count }] : [];
}

/** How many filters a state has that the hub applies. */
export function filterCount(state: MapState): number {
  const lists = [state.relation, state.kind, state.method, state.licence, state.domain];
  return lists.reduce((sum, { length }) => sum + length, state.since ? 1 : 0);
}
