import { RELATIONS, type Relation } from "../../hub/relations.ts";
import type { Graph } from "../graph.ts";
import { appearanceOf } from "../look.ts";
import type { MapState } from "../state.ts";

export interface Option<Value extends string = string> {
  value: Value;
  label: string;
}

interface Options extends Record<"method" | "licence", Option[]> {
  relation: Option<Relation>[];
}

const MOST = 24;

/** What one can filter by: what the graph has, and what is chosen already. */
export function optionsOf(graph: Graph | null, state: MapState): Options {
  const { methods = [], licences = [] } = graph?.answer ?? {};
  return {
    relation: RELATIONS.map((value) => ({ value, label: appearanceOf(value).label })),
    method: named(methods, state.method),
    licence: named(licences, state.licence),
  };
}

function named(names: readonly (string | null)[], chosen: readonly string[]): Option[] {
  const known = names.filter((name) => name !== null);
  const all = new Set([...chosen, ...known.slice(0, MOST)]);
  return [...all].map((value) => ({ value, label: value }));
}

/** How many filters a state has. */
export function filterCount({ relation, method, licence, domain, since }: MapState): number {
  return relation.length + method.length + licence.length + domain.length + (since ? 1 : 0);
}
