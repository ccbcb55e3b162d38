import type { Graph } from "./graph.ts";
import { kindOf } from "./look.ts";

/**
 * A byte per node and cluster: whether it is of one of the kinds (all, if there are none), and has
 * at least a share of the most important model's importance. Some are shown in any case.
 */
export function shownOf(
  graph: Graph,
  share: number,
  kinds: readonly string[],
  kept: ReadonlySet<number | null>,
): Uint8Array {
  const models = graph.importance.subarray(0, graph.size);
  const least = share * models.reduce((most, each) => Math.max(most, each), 0);
  const wanted = new Set(kinds);
  const passes = (each: number, node: number) =>
    each >= least && (!wanted.size || wanted.has(kindOf(graph, node)));
  return Uint8Array.from(graph.importance, (each, node) =>
    kept.has(node) || passes(each, node) ? 1 : 0,
  );
}

/** How many models are shown. */
export function countShown(graph: Graph, visible: Uint8Array): number {
  return visible.subarray(0, graph.size).reduce((sum, each) => sum + each, 0);
}
