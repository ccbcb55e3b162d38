import type { Graph } from "./graph.ts";

/** Models that stand out, by the class of their ring; and edges, by that of their line. */
export interface Marks {
  rings: ReadonlyMap<number, string>;
  lines: readonly (readonly [number, number, string])[];
  /** The models of a path, which the map moves to. */
  path: readonly number[];
}

const MOST_NEIGHBOURS = 200;

/** What stands out on the map: the focus, what is selected with its neighbours, and a path. */
export function marksOf(
  graph: Graph,
  selected: number | null,
  target: number | null,
  path: readonly string[],
): Marks {
  const rings = new Map<number, string>();
  const lines: [number, number, string][] = [];
  if (selected !== null) rings.set(selected, "selected"); // the first ring's model is named first
  if (graph.focus !== null) rings.set(graph.focus, "focus");
  if (selected !== null) {
    const steps = [...graph.parentsOf(selected), ...graph.childrenOf(selected)];
    for (const { to } of steps.slice(0, MOST_NEIGHBOURS)) {
      rings.set(to, "near");
      lines.push([selected, to, "near"]);
    }
    rings.set(selected, "selected");
  }
  if (target !== null) rings.set(target, "selected");
  const nodes = path.map((id) => graph.indexOf(id));
  nodes.forEach((node, at) => {
    const before = at ? nodes[at - 1] : null;
    if (node === null) return;
    rings.set(node, "selected");
    if (typeof before === "number") lines.push([before, node, "path"]);
  });
  return { rings, lines, path: nodes.filter((node) => node !== null) };
}
