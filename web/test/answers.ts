import type { GraphAnswer } from "../src/map/graph.ts";

const KINDS = ["original", "merge", "finetune"];
const RELATIONS = ["merge", "finetune"];

/**
 * An answer of the hub with models `a`, `b`, … and edges such as `c<a`: c was made from a.
 * The first model is the focus; each model is less important than the one before.
 */
export function answer(names: string, edges: readonly string[]): GraphAnswer {
  const ids = [...names];
  const pairs = edges.map((edge) => edge.split("<").map((name) => ids.indexOf(name)));
  const count = (end: number, node: number) => pairs.filter((pair) => pair[end] === node).length;
  const each = <T>(value: (node: number) => T) => ids.map((_, node) => value(node));
  return {
    as_of: 1,
    scores_as_of: null,
    focus: ids[0] ?? null,
    truncated: false,
    nodes: {
      id: ids,
      name: each((node) => `org/${ids[node]}`),
      x: each((node) => node * 10),
      y: each(() => 0),
      size: each((node) => 2 - node / 4),
      depth: each((node) => node),
      kind: each((node) => (count(0, node) ? 2 : 0)),
      family: each(() => 0),
      licence: each(() => 0),
      children: each((node) => count(1, node)),
      parents: each((node) => count(0, node)),
      importance: each((node) => 1 - node / ids.length),
      flagged: each(() => 0),
      score: each(() => null),
      uplift: each(() => null),
    },
    edges: {
      child: pairs.map(([child = 0]) => child),
      parent: pairs.map(([, parent = 0]) => parent),
      relation: pairs.map(() => 1),
      method: pairs.map(() => 0),
      weight: pairs.map(() => null),
    },
    clusters: [],
    kinds: KINDS,
    families: ["llama"],
    licences: ["apache-2.0"],
    relations: RELATIONS,
    methods: [null],
  };
}
