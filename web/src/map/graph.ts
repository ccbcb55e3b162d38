import type { Schemas } from "@mergehub/client";
import { asRelation, type Relation } from "../hub/relations.ts";

/** A graph as `GET /v1/graph` answers it: columns, and names for their codes. */
export type GraphAnswer = Schemas["Map"];

/** Siblings that are shown as one node: they have one parent and one relation to it. */
export interface Cluster {
  parent: number;
  relation: Relation;
  count: number;
}

/** A model of the graph, for people. */
export interface Shown {
  index: number;
  id: string;
  name: string;
  kind: string;
  family: string;
  licence: string;
  children: number;
  parents: number;
  flagged: boolean;
}

/** An edge as it is seen from one of its ends. */
export interface Step {
  edge: number;
  /** The model at the other end. */
  to: number;
}

/** So many models have the full importance, as the hub counts it. */
const MANY = Math.log1p(1_000_000);

/** A graph to look at and to walk through. Nodes past `size` are clusters. */
export class Graph {
  readonly answer: GraphAnswer;
  readonly size: number;
  readonly focus: number | null;
  readonly clusters: readonly Cluster[];
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** The radius of each node, for which the hub has left room. */
  readonly radius: Float32Array;
  readonly importance: Float32Array;
  readonly #index: Map<string, number>;
  readonly #parents: Lists;
  readonly #children: Lists;
  readonly #complete: boolean;
  #hidden: Int32Array | null = null;

  /** `complete`: no filter keeps models away that the hub counts as parents or children. */
  constructor(answer: GraphAnswer, complete = true) {
    const { nodes, edges, clusters } = answer;
    this.answer = answer;
    this.#complete = complete;
    this.size = nodes.id.length;
    this.clusters = clusters.map(({ parent, relation, count }) => ({
      parent,
      count,
      relation: asRelation(answer.relations[relation]) ?? "unknown",
    }));
    this.x = Float32Array.from([...nodes.x, ...clusters.map(({ x }) => x)]);
    this.y = Float32Array.from([...nodes.y, ...clusters.map(({ y }) => y)]);
    this.radius = Float32Array.from([...nodes.size, ...clusters.map(({ size }) => size)]);
    const ofClusters = clusters.map(({ count }) => Math.min(1, Math.log1p(count) / MANY));
    this.importance = Float32Array.from([...nodes.importance, ...ofClusters]);
    this.#index = new Map(nodes.id.map((id, index) => [id, index]));
    this.focus = answer.focus === null ? null : this.indexOf(answer.focus);
    this.#parents = new Lists(this.size, edges.child);
    this.#children = new Lists(this.size, edges.parent);
  }

  /** The number of nodes with the clusters. */
  get total(): number {
    return this.x.length;
  }

  indexOf(id: string): number | null {
    return this.#index.get(id) ?? null;
  }

  model(index: number): Shown {
    const { nodes, kinds, families, licences } = this.answer;
    return {
      index,
      id: nodes.id[index] ?? "",
      name: nodes.name[index] ?? "",
      kind: kinds[nodes.kind[index] ?? -1] ?? "unknown",
      family: families[nodes.family[index] ?? -1] ?? "unknown",
      licence: licences[nodes.licence[index] ?? -1] ?? "unknown",
      children: nodes.children[index] ?? 0,
      parents: nodes.parents[index] ?? 0,
      flagged: nodes.flagged[index] === 1,
    };
  }

  /** The edges to what a model was made from, the most important model first. */
  parentsOf(index: number): Step[] {
    return this.#steps(this.#parents.of(index), this.answer.edges.parent);
  }

  /** The edges to what was made from a model, the most important model first. */
  childrenOf(index: number): Step[] {
    return this.#steps(this.#children.of(index), this.answer.edges.child);
  }

  /** How many of a model's parents and children the hub knows, but this graph lacks; 0 under filters. */
  hiddenOf(index: number): number {
    if (!this.#complete) return 0;
    this.#hidden ??= hiddenIn(this);
    return this.#hidden[index] ?? 0;
  }

  clustersOf(index: number): number[] {
    return this.clusters.flatMap(({ parent }, at) => (parent === index ? [at] : []));
  }

  relationOf(edge: number): string {
    return this.answer.relations[this.answer.edges.relation[edge] ?? -1] ?? "unknown";
  }

  #steps(edges: Uint32Array, ends: number[]): Step[] {
    const seen = new Set<number>();
    const steps: Step[] = [];
    for (const edge of edges) {
      const to = ends[edge] ?? 0;
      if (!seen.has(to)) steps.push({ edge, to });
      seen.add(to);
    }
    const weight = (step: Step) => this.importance[step.to] ?? 0;
    return steps.sort((a, b) => weight(b) - weight(a));
  }
}

/** For each model, how many of its neighbours are neither in a graph nor counted by a cluster. */
function hiddenIn({ answer: { nodes, edges }, size, clusters }: Graph): Int32Array {
  const hidden = Int32Array.from(
    nodes.children,
    (count, node) => count + (nodes.parents[node] ?? 0),
  );
  const lessen = (node: number, by: number) => {
    hidden[node] = Math.max(0, (hidden[node] ?? 0) - by);
  };
  const seen = new Set<number>();
  edges.child.forEach((child, edge) => {
    const parent = edges.parent[edge] ?? 0;
    if (seen.has(child * size + parent)) return;
    seen.add(child * size + parent);
    lessen(child, 1);
    lessen(parent, 1);
  });
  for (const { parent, count } of clusters) lessen(parent, count);
  return hidden;
}

/** For each node the edges that have it as one end, in one array. */
class Lists {
  readonly #starts: Uint32Array;
  readonly #edges: Uint32Array;

  constructor(size: number, ends: readonly number[]) {
    this.#starts = new Uint32Array(size + 1);
    for (const end of ends) this.#starts[end + 1] = (this.#starts[end + 1] ?? 0) + 1;
    for (let node = 0; node < size; node += 1) {
      this.#starts[node + 1] = (this.#starts[node + 1] ?? 0) + (this.#starts[node] ?? 0);
    }
    const next = this.#starts.slice();
    this.#edges = new Uint32Array(ends.length);
    ends.forEach((end, edge) => {
      const at = next[end] ?? 0;
      this.#edges[at] = edge;
      next[end] = at + 1;
    });
  }

  of(node: number): Uint32Array {
    return this.#edges.subarray(this.#starts[node] ?? 0, this.#starts[node + 1] ?? 0);
  }
}
