import type { Graph } from "../graph.ts";
import { nameOf, siblings } from "../names.ts";

/** Which way a branch of the tree leads: to what a model was made from, or what was made from it. */
export type Way = "parents" | "children";

/** A row of the tree: a model, siblings that are shown as one, or the head of a branch. */
export interface Row {
  /** Its place in the tree, from the root, by ids: the graph may change meanwhile. */
  key: string;
  text: string;
  level: number;
  /** Its number among its siblings, from 1, and how many those are. */
  place: number;
  of: number;
  /** Whether its branch is open; null if it has none. */
  open: boolean | null;
  node: number | null;
  cluster: number | null;
  /** The edge that leads here, if one does. */
  edge: number | null;
}

const MOST_ROOTS = 200;
const MOST_LEVELS = 30;

/** A graph, and which of its nodes and clusters are shown. */
interface Seen {
  graph: Graph;
  shows: (node: number) => boolean;
}

type Part = Pick<Row, "text" | "node" | "cluster" | "edge"> & { id: string; ways: readonly Way[] };

/** Whether a row is the head of a branch: the model that it belongs to has a row of its own. */
export function isHead(row: Row): boolean {
  return row.node !== null && row.edge === null && row.level > 1;
}

/** The rows of the tree that are visible if the branches of `open` are. */
export function rowsOf(graph: Graph, visible: Uint8Array, open: ReadonlySet<string>): Row[] {
  const seen: Seen = { graph, shows: (node) => visible[node] === 1 };
  const roots = rootsOf(seen).map((node) => modelPart(graph, node, null, waysOf(graph, node)));
  return [...rows(seen, roots, "", 1, open)];
}

/** The branches that are open at first: those of the focus. */
export function openAtFirst(graph: Graph): Set<string> {
  if (graph.focus === null) return new Set();
  const root = `/${graph.model(graph.focus).id}`;
  return new Set([root, `${root}/parents`, `${root}/children`]);
}

function* rows(
  seen: Seen,
  parts: Part[],
  above: string,
  level: number,
  open: ReadonlySet<string>,
): Generator<Row> {
  for (const [at, part] of parts.entries()) {
    const { id, ways, ...shown } = part;
    const key = `${above}/${id}`;
    const below = level < MOST_LEVELS ? partsBelow(seen, part) : [];
    const isOpen = below.length ? open.has(key) : null;
    yield { ...shown, key, level, place: at + 1, of: parts.length, open: isOpen };
    if (isOpen) yield* rows(seen, below, key, level + 1, open);
  }
}

/** Whole graphs begin with the models that were made from no other. */
function rootsOf({ graph, shows }: Seen): number[] {
  if (graph.focus !== null) return [graph.focus];
  const nodes = Array.from({ length: graph.size }, (_, node) => node);
  const weight = (node: number) => graph.importance[node] ?? 0;
  const first = nodes.filter((node) => shows(node) && graph.parentsOf(node).length === 0);
  return first.sort((a, b) => weight(b) - weight(a)).slice(0, MOST_ROOTS);
}

function waysOf(graph: Graph, node: number): readonly Way[] {
  return graph.focus === node ? ["parents", "children"] : ["children"];
}

function partsBelow(seen: Seen, { node, ways }: Part): Part[] {
  if (node === null) return [];
  if (ways.length > 1) return ways.flatMap((way) => headPart(seen, node, way));
  return ways.flatMap((way) => neighbours(seen, node, way));
}

function headPart(seen: Seen, node: number, way: Way): Part[] {
  const count = neighbours(seen, node, way).length;
  if (!count) return [];
  const text = way === "parents" ? "Made from" : "Made from it";
  return [{ id: way, text, node, cluster: null, edge: null, ways: [way] }];
}

function neighbours({ graph, shows }: Seen, node: number, way: Way): Part[] {
  const steps = way === "parents" ? graph.parentsOf(node) : graph.childrenOf(node);
  const shown = steps.filter(({ to }) => shows(to));
  const models = shown.map(({ to, edge }) => modelPart(graph, to, edge, [way]));
  if (way === "parents") return models;
  return [...models, ...clusterParts({ graph, shows }, node)];
}

function modelPart(graph: Graph, node: number, edge: number | null, ways: readonly Way[]): Part {
  return { id: graph.model(node).id, text: nameOf(graph, node), node, cluster: null, edge, ways };
}

function clusterParts({ graph, shows }: Seen, node: number): Part[] {
  const shown = graph.clustersOf(node).filter((cluster) => shows(graph.size + cluster));
  return shown.map((cluster) => {
    const { count, relation } = graph.clusters[cluster] ?? { count: 0, relation: "unknown" };
    const text = siblings(count, relation);
    return { id: `siblings-${relation}`, text, node: null, cluster, edge: null, ways: [] };
  });
}
