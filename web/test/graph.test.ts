import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../src/map/graph.ts";
import { withNeighbours } from "../src/map/growing/merging.ts";
import { roomFor } from "../src/map/growing/room.ts";
import { shownOf } from "../src/map/visible.ts";
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
  const merged = new Graph(withNeighbours(base, { anchor: "c", graph: more }));
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
  const merged = withNeighbours(base, { anchor: "b", graph: answer("bxy", ["x<b", "y<b"]) });
  assert.deepEqual(
    merged.clusters.map(({ count }) => count),
    [9],
  );
});

test("a model that the graph does not have adds nothing", () => {
  const base = answer("ab", ["b<a"]);
  assert.equal(withNeighbours(base, { anchor: "x", graph: answer("xy", ["y<x"]) }), base);
});

test("a child that joins the map is counted no more among its folded siblings", () => {
  const base = answer("ab", ["b<a"]);
  base.clusters = [{ parent: 0, relation: 1, count: 7, x: 1, y: 1, size: 1 }];
  const merged = withNeighbours(base, { anchor: "a", graph: answer("xa", ["x<a"]) });
  assert.deepEqual(merged.nodes.id, ["a", "b", "x"]);
  assert.equal(merged.clusters[0]?.count, 6);
});

test("what is added covers nothing that is there already", () => {
  const added = { x: [0, 0], y: [0, 1], size: [1, 1] };
  assert.equal(roomFor(added, { x: [50], y: [0], size: [1] }), 0);
  const way = roomFor(added, { x: [0, 0.5], y: [0, 4], size: [1, 1] });
  assert.ok(way < -3 && way > -4, `up, since that is nearer than down: ${way}`);
});

test("a model says how many of its neighbours are not on the map", () => {
  const base = answer("ab", ["b<a"]);
  base.nodes.children = [10, 4];
  base.clusters = [{ parent: 0, relation: 1, count: 7, x: 1, y: 1, size: 1 }];
  assert.deepEqual(
    [0, 1].map((node) => new Graph(base).hiddenOf(node)),
    [2, 4],
  );
  assert.equal(new Graph(base, false).hiddenOf(1), 0);
});

test("importance is measured by the most important model, and some are shown in any case", () => {
  const graph = new Graph(answer("abcd", ["b<a", "c<a"])); // 1, 3/4, 1/2 and 1/4
  const shown = (share: number) => [...shownOf(graph, share, new Set([null, 3]))].join("");
  assert.equal(shown(0), "1111");
  assert.equal(shown(0.6), "1101");
});
