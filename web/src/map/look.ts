import type { Look } from "./draw/scene.ts";
import { COLOURS, SHAPES } from "./draw/shaders.ts";
import type { Graph } from "./graph.ts";

/** What a kind of model looks like, and what it is called. */
export interface Appearance {
  label: string;
  token: string;
  shape: (typeof SHAPES)[number];
}

/** Each kind has a shape of its own, so that no one needs to tell colours apart. */
export const KINDS: Readonly<Record<string, Appearance>> = {
  original: { label: "Original", token: "kind-original", shape: "circle" },
  merge: { label: "Merge", token: "kind-merge", shape: "diamond" },
  finetune: { label: "Fine-tune", token: "kind-finetune", shape: "triangle" },
  adapter: { label: "Adapter", token: "kind-adapter", shape: "cross" },
  quantized: { label: "Quantization", token: "kind-quantized", shape: "square" },
  distilled: { label: "Distillation", token: "kind-distilled", shape: "hexagon" },
  unknown: { label: "Unknown", token: "kind-unknown", shape: "ring" },
};

const NO_KIND: Appearance = { label: "Unknown", token: "kind-unknown", shape: "ring" };
const GROUPS = 7; // the last colour of groups is for all others
const KIND_NAMES = Object.keys(KINDS);

/** The colours that the map uses, by their tokens, at most as many as the shaders hold. */
export const TOKENS: readonly string[] = [
  ...KIND_NAMES.map((kind) => appearanceOf(kind).token),
  ...Array.from({ length: GROUPS + 1 }, (_, at) => `group-${at + 1}`),
].slice(0, COLOURS);

export function appearanceOf(kind: string): Appearance {
  return KINDS[kind] ?? NO_KIND;
}

/** How the nodes of a graph look if the colour says what kind or what family they are. */
export function lookOf(graph: Graph, by: "kind" | "family"): Look {
  const { nodes, kinds } = graph.answer;
  const kind = (node: number) =>
    node < graph.size
      ? (kinds[nodes.kind[node] ?? -1] ?? "unknown")
      : kindOf(graph.clusters[node - graph.size]?.relation);
  const shape = (node: number) =>
    node < graph.size ? SHAPES.indexOf(appearanceOf(kind(node)).shape) : SHAPES.indexOf("stack");
  if (by === "kind")
    return { shape, colour: (node) => Math.max(0, KIND_NAMES.indexOf(kind(node))) };
  const places = new Map(groupsOf(graph).map(({ code }, at) => [code, at]));
  const family = (node: number) =>
    nodes.family[node < graph.size ? node : (graph.clusters[node - graph.size]?.parent ?? 0)] ?? -1;
  return { shape, colour: (node) => KIND_NAMES.length + (places.get(family(node)) ?? GROUPS) };
}

/** The families with the most models, which have colours of their own. */
export function groupsOf(graph: Graph): { code: number; label: string; token: string }[] {
  const counts = new Map<number, number>();
  for (const code of graph.answer.nodes.family) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts]
    .filter(([code]) => graph.answer.families[code])
    .sort(([, a], [, b]) => b - a)
    .slice(0, GROUPS)
    .map(([code], at) => ({
      code,
      label: graph.answer.families[code] ?? "",
      token: `group-${at + 1}`,
    }));
}

/** The kind of a model that has this relation to its parent. */
function kindOf(relation: string | undefined): string {
  return relation !== undefined && relation in KINDS ? relation : "unknown";
}
