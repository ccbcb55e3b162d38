import type { Graph } from "./graph.ts";

/**
 * A byte per node and cluster: whether it has at least a share of the most important model's
 * importance. Some are shown in any case.
 */
export function shownOf(graph: Graph, share: number, kept: ReadonlySet<number | null>): Uint8Array {
  const models = graph.importance.subarray(0, graph.size);
  const least = share * models.reduce((most, each) => Math.max(most, each), 0);
  return Uint8Array.from(graph.importance, (each, node) =>
    each >= least || kept.has(node) ? 1 : 0,
  );
}

/** How many models are shown. */
export function countShown(graph: Graph, visible: Uint8Array): number {
  return visible.subarray(0, graph.size).reduce((sum, each) => sum + each, 0);
}
