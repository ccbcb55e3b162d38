import type { Graph } from "./graph.ts";
import type { MapSession } from "./session.svelte.ts";

/** A press on the map selects and expands a model; on siblings shown as one, it lists them. */
export function pressed(session: MapSession, graph: Graph, node: number | null): void {
  if (session.picking && node !== null && node < graph.size) session.pick(graph.model(node).id);
  else if (node === null) session.go({ model: null, to: null, via: [], siblings: null });
  else if (node < graph.size) session.select(graph.model(node).id);
  else {
    const cluster = graph.clusters[node - graph.size];
    if (!cluster) return;
    session.go({ model: graph.model(cluster.parent).id, siblings: cluster.relation });
  }
}
