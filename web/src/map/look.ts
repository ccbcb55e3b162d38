import type { Look } from "./draw/scene.ts";
import { COLOURS, SHAPES } from "./draw/shaders.ts";
import type { Graph } from "./graph.ts";
import { isMeasured, type Measured, SCALES, scaleOf, UNMEASURED } from "./scales.ts";
import type { Colour } from "./state.ts";

/** The colours that tell groups apart. */
export type Grouped = Exclude<Colour, "kind" | Measured>;

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
  ...Object.values(SCALES).flat(),
  UNMEASURED,
].slice(0, COLOURS);

export function appearanceOf(kind: string): Appearance {
  return KINDS[kind] ?? NO_KIND;
}

/** How the nodes of a graph look if their colour says what they are, or what group they are in. */
export function lookOf(graph: Graph, by: Colour): Look {
  const shape = (node: number) =>
    SHAPES.indexOf(node < graph.size ? appearanceOf(kindOf(graph, node)).shape : "stack");
  if (by === "kind") {
    return { shape, colour: (node) => Math.max(0, KIND_NAMES.indexOf(kindOf(graph, node))) };
  }
  if (isMeasured(by)) {
    const scale = scaleOf(graph, by);
    const token = (node: number) => scale?.tokenOf(node) ?? UNMEASURED;
    return { shape, colour: (node) => TOKENS.indexOf(token(node)) };
  }
  const codes = codesOf(graph, by);
  const places = new Map(groupsOf(graph, by).map(({ code }, at) => [code, at]));
  const code = (node: number) =>
    codes[node < graph.size ? node : (graph.clusters[node - graph.size]?.parent ?? 0)] ?? -1;
  return { shape, colour: (node) => KIND_NAMES.length + (places.get(code(node)) ?? GROUPS) };
}

/** The groups with the most models, which have colours of their own. */
export function groupsOf(
  graph: Graph,
  by: Grouped,
): { code: number; label: string; token: string }[] {
  const names = by === "family" ? graph.answer.families : graph.answer.methods;
  const counts = new Map<number, number>();
  for (const code of codesOf(graph, by)) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts]
    .filter(([code]) => names[code])
    .sort(([, a], [, b]) => b - a)
    .slice(0, GROUPS)
    .map(([code], at) => ({ code, label: names[code] ?? "", token: `group-${at + 1}` }));
}

/** The group of each model: its family, or the method that it was merged by; -1 if none. */
function codesOf(graph: Graph, by: Grouped): ArrayLike<number> & Iterable<number> {
  const { nodes, edges, methods } = graph.answer;
  if (by === "family") return nodes.family;
  const codes = new Int32Array(graph.size).fill(-1);
  edges.child.forEach((child, edge) => {
    const method = edges.method[edge] ?? -1;
    if (methods[method]) codes[child] = method;
  });
  return codes;
}

/** The kind of a model, or of the models of a cluster. */
export function kindOf(graph: Graph, node: number): string {
  const { nodes, kinds } = graph.answer;
  return node < graph.size
    ? (kinds[nodes.kind[node] ?? -1] ?? "unknown")
    : kindBy(graph.clusters[node - graph.size]?.relation);
}

/** The kind of a model that has this relation to its parent. */
function kindBy(relation: string | undefined): string {
  return relation !== undefined && relation in KINDS ? relation : "unknown";
}
