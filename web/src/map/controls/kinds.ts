import type { Graph } from "../graph.ts";
import { kindOf } from "../look.ts";
import { KINDS_OF_MODELS, type Kind } from "../state.ts";

/** The kinds of the models and clusters of a graph, in the order of the legend. */
export function kindsOf(graph: Graph): readonly Kind[] {
  const found = new Set<string>();
  for (let node = 0; node < graph.total; node += 1) found.add(kindOf(graph, node));
  return KINDS_OF_MODELS.filter((kind) => found.has(kind));
}

/** The kinds to show once one of them is shown no more, or again; none stands for all. */
export function without(kinds: readonly Kind[], shown: readonly Kind[], kind: Kind): Kind[] {
  const now = shown.length ? shown : kinds;
  const next = now.includes(kind) ? now.filter((each) => each !== kind) : [...now, kind];
  return kinds.every((each) => next.includes(each)) ? [] : next;
}
