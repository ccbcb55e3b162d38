import { count, many } from "../app/words.ts";
import type { Graph } from "./graph.ts";
import { appearanceOf } from "./look.ts";

const SEVERAL: Readonly<Record<string, string>> = {
  merge: "merges",
  finetune: "fine-tunes",
  adapter: "adapters",
  quantized: "quantizations",
  distilled: "distillations",
};

/** The name of a model, or of what a cluster contains. */
export function nameOf(graph: Graph, node: number): string {
  if (node < graph.size) return graph.answer.nodes.name[node] ?? "";
  const cluster = graph.clusters[node - graph.size];
  return cluster ? siblings(cluster.count, cluster.relation) : "";
}

/** So many models of a relation, as in `1 merge` and `12 fine-tunes`. */
export function siblings(count: number, relation: string): string {
  const one = relation in SEVERAL ? appearanceOf(relation).label.toLowerCase() : "model";
  return many(count, one, severalOf(relation));
}

/** What models of a relation are called, if there are several. */
export function severalOf(relation: string): string {
  return SEVERAL[relation] ?? "models";
}

/** What a pointer over a node says: what it is, and how much is behind it. */
export function hintOf(graph: Graph, node: number): string {
  if (node < graph.size) return sentenceOf(graph, node);
  const parent = graph.model(graph.clusters[node - graph.size]?.parent ?? 0);
  return `${nameOf(graph, node)} of ${parent.name}: press to list them`;
}

/** What a model is, in a sentence for those who do not see the map. */
export function sentenceOf(graph: Graph, node: number): string {
  const { name, kind } = graph.model(node);
  const facts = [appearanceOf(kind).label.toLowerCase(), countsOf(graph, node)];
  return `${name}: ${facts.filter(Boolean).join(", ")}`;
}

/** How much a model was made from, and how much from it, whether the map shows that or not. */
export function countsOf(graph: Graph, node: number): string {
  const { parents, children } = graph.model(node);
  const facts = [
    parents && `made from ${many(parents, "model")}`,
    children && `${count(children)} made from it`,
  ];
  return facts.filter(Boolean).join(", ");
}
