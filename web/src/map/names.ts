import { many } from "../app/words.ts";
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

/** What a model is, in a sentence for those who do not see the map. */
export function sentenceOf(graph: Graph, node: number): string {
  const { name, kind, parents, children } = graph.model(node);
  const facts = [
    appearanceOf(kind).label.toLowerCase(),
    `made from ${many(parents, "model")}`,
    `${many(children, "model")} made from it`,
  ];
  return `${name}: ${facts.join(", ")}`;
}
