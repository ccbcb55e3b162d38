import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../src/map/graph.ts";
import { withNeighbours } from "../src/map/merging.ts";
import { answer } from "./answers.ts";

const names = (graph: Graph, steps: readonly { to: number }[]) =>
  steps.map(({ to }) => graph.model(to).id).join("");

test("neighbours come with the most important first, and each once", () => {
  const graph = new Graph(answer("abcd", ["d<a", "c<a", "c<a", "d<b"]));
  assert.equal(names(graph, graph.childrenOf(0)), "cd");
  assert.equal(names(graph, graph.parentsOf(3)), "ab");
  assert.equal(names(graph, graph.parentsOf(0)), "");
  assert.equal(graph.focus, 0);
  assert.equal(graph.indexOf("x"), null);
});

test("the neighbours of a model are added where it lies, and nothing twice", () => {
  const base = answer("abc", ["b<a", "c<b"]);
  const more = answer("cbxy", ["c<b", "x<c", "y<x"]);
  more.kinds = ["finetune", "quantized"];
  more.nodes.kind = [0, 0, 1, 0];
  const merged = new Graph(withNeighbours(base, more, "c"));
  assert.equal(merged.size, 5);
  assert.equal(names(merged, merged.childrenOf(2)), "x");
  assert.equal(merged.answer.edges.child.length, 4);
  const x = merged.indexOf("x") ?? -1;
  assert.equal(merged.model(x).kind, "quantized");
  assert.equal(merged.x[x], 20 + 20); // c lies at 20 in the first answer and at 0 in the second
  assert.equal(merged.answer.nodes.depth[x], 4);
  assert.equal(base.nodes.id.length, 3);
});

test("siblings that were shown as one give way to the models that were opened", () => {
  const base = answer("ab", ["b<a"]);
  base.clusters = [
    { parent: 1, relation: 1, count: 7, x: 1, y: 1, size: 1 },
    { parent: 0, relation: 0, count: 9, x: 2, y: 2, size: 1 },
  ];
  const merged = withNeighbours(base, answer("bxy", ["x<b", "y<b"]), "b");
  assert.deepEqual(
    merged.clusters.map(({ count }) => count),
    [9],
  );
});

test("a model that the graph does not have adds nothing", () => {
  const base = answer("ab", ["b<a"]);
  assert.equal(withNeighbours(base, answer("xy", ["y<x"]), "x"), base);
});
