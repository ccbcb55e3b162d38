import type { Graph } from "../graph.ts";

/** What a painter draws: nodes and edges as arrays, the most important first. */
export interface Scene {
  count: number;
  x: Float32Array;
  y: Float32Array;
  /** The radius of each node in units of the world. */
  radius: Float32Array;
  /** The colour of each node, as a place in the palette, and its shape. */
  colour: Uint8Array;
  shape: Uint8Array;
  /** A byte per node: whether it passes the filters. */
  visible: Uint8Array;
  /** The nodes and the edges (two ends each), the most important first. */
  order: Uint32Array;
  edges: Uint32Array;
  /** The node with the largest radius. */
  largest: number;
}

/** How each node looks: a colour of the palette, and a shape. */
export interface Look {
  colour: (node: number) => number;
  shape: (node: number) => number;
}

export function sceneOf(graph: Graph, look: Look, visible: Uint8Array): Scene {
  const count = graph.total;
  const weight = (node: number) => graph.importance[node] ?? 0;
  const order = Uint32Array.from({ length: count }, (_, node) => node);
  order.sort((a, b) => weight(b) - weight(a));
  return {
    count,
    x: graph.x,
    y: graph.y,
    radius: graph.radius,
    colour: Uint8Array.from({ length: count }, (_, node) => look.colour(node)),
    shape: Uint8Array.from({ length: count }, (_, node) => look.shape(node)),
    visible,
    order,
    edges: edgesOf(graph, weight),
    largest: order[0] ?? 0,
  };
}

/** The edges with those of clusters, sorted by their less important end. */
function edgesOf(graph: Graph, weight: (node: number) => number): Uint32Array {
  const { child, parent } = graph.answer.edges;
  const pairs = child.map((each, edge): [number, number] => [each, parent[edge] ?? 0]);
  graph.clusters.forEach((cluster, at) => {
    pairs.push([graph.size + at, cluster.parent]);
  });
  const least = ([a, b]: [number, number]) => Math.min(weight(a), weight(b));
  return Uint32Array.from(pairs.sort((a, b) => least(b) - least(a)).flat());
}
