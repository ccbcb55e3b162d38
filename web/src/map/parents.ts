import type { Graph, Shown } from "./graph.ts";

export interface ParentRow {
  key: string;
  model: Shown;
  /** The relation, the method and the weight, as far as they are known. */
  how: string;
}

/** What a model was made from, and how, as far as the graph shows it. */
export function parentRows(graph: Graph, id: string): ParentRow[] {
  const node = graph.indexOf(id);
  if (node === null) return [];
  const { edges, methods } = graph.answer;
  return graph.parentsOf(node).map(({ to, edge }) => {
    const model = graph.model(to);
    const method = methods[edges.method[edge] ?? -1];
    const weight = edges.weight[edge];
    const known = [
      graph.relationOf(edge),
      method === "none" || method === "unknown" ? null : method,
      typeof weight === "number" ? `weight ${Number(weight.toFixed(3))}` : null,
    ];
    return { key: model.id, model, how: known.filter(Boolean).join(" · ") };
  });
}
