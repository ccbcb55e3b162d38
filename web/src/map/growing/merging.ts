import type { GraphAnswer } from "../graph.ts";
import type { Neighbours } from "./neighbours.ts";
import { type Circles, roomFor } from "./room.ts";

type Codes = "kinds" | "families" | "licences" | "relations" | "methods";

/** A graph with the neighbours of one of its models, which another answer has. */
export function withNeighbours(
  graph: GraphAnswer,
  { anchor, graph: more }: Neighbours,
): GraphAnswer {
  const merged = copied(graph);
  const index = new Map(merged.nodes.id.map((id, at) => [id, at]));
  const from = more.nodes.id.indexOf(anchor);
  const to = index.get(anchor);
  if (from < 0 || to === undefined) return graph;
  const shift = {
    x: (merged.nodes.x[to] ?? 0) - (more.nodes.x[from] ?? 0),
    y: (merged.nodes.y[to] ?? 0) - (more.nodes.y[from] ?? 0),
    depth: (merged.nodes.depth[to] ?? 0) - (more.nodes.depth[from] ?? 0),
  };
  shift.y += roomFor(circlesOf(more, shift, index), circlesOf(merged));
  addNodes(merged, more, index, shift);
  const opens = more.focus === anchor && more.edges.parent.includes(from);
  if (opens) merged.clusters = merged.clusters.filter(({ parent }) => parent !== to);
  else unfold(merged, more, from, to);
  addEdges(merged, more, index);
  merged.clusters.push(...clustersOf(merged, more, index, shift));
  return merged;
}

/** Where the nodes and clusters of an answer lie, without the models that are known already. */
function circlesOf(
  { nodes, clusters }: GraphAnswer,
  by = { x: 0, y: 0 },
  known: ReadonlyMap<string, number> = new Map(),
): Circles {
  const models = nodes.id.flatMap((id, at) =>
    known.has(id) ? [] : { x: nodes.x[at] ?? 0, y: nodes.y[at] ?? 0, size: nodes.size[at] ?? 0 },
  );
  const all = [...models, ...clusters];
  return {
    x: all.map(({ x }) => x + by.x),
    y: all.map(({ y }) => y + by.y),
    size: all.map(({ size }) => size),
  };
}

/** Takes the children of an answer out of the clusters that have counted them. */
function unfold(merged: GraphAnswer, more: GraphAnswer, from: number, to: number): void {
  const known = new Set(merged.edges.child.map((child) => merged.nodes.id[child]));
  const relation = coder(merged, more, "relations");
  more.edges.parent.forEach((parent, edge) => {
    const child = more.nodes.id[more.edges.child[edge] ?? -1];
    if (parent !== from || known.has(child)) return;
    const code = relation(more.edges.relation[edge]);
    const cluster = merged.clusters.find((each) => each.parent === to && each.relation === code);
    if (cluster) cluster.count -= 1;
  });
  merged.clusters = merged.clusters.filter(({ count }) => count > 0);
}

function copied(graph: GraphAnswer): GraphAnswer {
  return structuredClone(graph);
}

type Shift = { x: number; y: number; depth: number };

function addNodes(merged: GraphAnswer, more: GraphAnswer, index: Map<string, number>, by: Shift) {
  const { nodes } = more;
  const kind = coder(merged, more, "kinds");
  const family = coder(merged, more, "families");
  const licence = coder(merged, more, "licences");
  nodes.id.forEach((id, at) => {
    if (index.has(id)) return;
    index.set(id, merged.nodes.id.length);
    merged.nodes.id.push(id);
    merged.nodes.name.push(nodes.name[at] ?? "");
    merged.nodes.x.push((nodes.x[at] ?? 0) + by.x);
    merged.nodes.y.push((nodes.y[at] ?? 0) + by.y);
    merged.nodes.depth.push((nodes.depth[at] ?? 0) + by.depth);
    merged.nodes.kind.push(kind(nodes.kind[at]));
    merged.nodes.family.push(family(nodes.family[at]));
    merged.nodes.licence.push(licence(nodes.licence[at]));
    merged.nodes.score.push(nodes.score[at] ?? null);
    merged.nodes.uplift.push(nodes.uplift[at] ?? null);
    for (const key of ["size", "children", "parents", "importance", "flagged"] as const) {
      merged.nodes[key].push(nodes[key][at] ?? 0);
    }
  });
}

function addEdges(merged: GraphAnswer, more: GraphAnswer, index: Map<string, number>): void {
  const { edges } = merged;
  const known = new Set(edges.child.map((child, at) => `${child} ${edges.parent[at]}`));
  const relation = coder(merged, more, "relations");
  const method = coder(merged, more, "methods");
  const node = (at: number | undefined) => index.get(more.nodes.id[at ?? -1] ?? "") ?? 0;
  more.edges.child.forEach((each, at) => {
    const [child, parent] = [node(each), node(more.edges.parent[at])];
    if (known.has(`${child} ${parent}`)) return;
    edges.child.push(child);
    edges.parent.push(parent);
    edges.relation.push(relation(more.edges.relation[at]));
    edges.method.push(method(more.edges.method[at]));
    edges.weight.push(more.edges.weight[at] ?? null);
  });
}

function clustersOf(
  merged: GraphAnswer,
  more: GraphAnswer,
  index: Map<string, number>,
  by: Shift,
): GraphAnswer["clusters"] {
  const relation = coder(merged, more, "relations");
  const known = new Set(merged.clusters.map(({ parent }) => parent));
  return more.clusters.flatMap((cluster) => {
    const parent = index.get(more.nodes.id[cluster.parent] ?? "") ?? 0;
    if (known.has(parent)) return [];
    const at = { x: cluster.x + by.x, y: cluster.y + by.y };
    return [{ ...cluster, ...at, parent, relation: relation(cluster.relation) }];
  });
}

/** Turns a code of one answer into that of the other, which gets the name if it lacks it. */
function coder(merged: GraphAnswer, more: GraphAnswer, key: Codes) {
  return (code: number | undefined): number => {
    const name = more[key][code ?? -1] ?? "unknown";
    const known = merged[key].indexOf(name);
    return known < 0 ? merged[key].push(name) - 1 : known;
  };
}
