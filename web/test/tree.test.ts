import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../src/map/graph.ts";
import { isHead, openAtFirst, type Row, rowsOf } from "../src/map/list/tree.ts";
import { moveBy } from "../src/map/list/walking.ts";
import { answer } from "./answers.ts";

// a is the focus: made from p, and c and d were made from it; e from c.
const GRAPH = answer("apcde", ["a<p", "c<a", "d<a", "e<c"]);
GRAPH.clusters = [{ parent: 0, relation: 1, count: 12, x: 0, y: 0, size: 1 }];
const graph = new Graph(GRAPH);
const everything = (of: Graph) => new Uint8Array(of.total).fill(1);
const first = rowsOf(graph, everything(graph), openAtFirst(graph));

const shown = (rows: readonly Row[]) =>
  rows.map(({ level, text }) => `${"  ".repeat(level - 1)}${text}`);

test("the tree opens with what the focus was made from and what was made from it", () => {
  assert.deepEqual(shown(first), [
    "org/a",
    "  Made from",
    "    org/p",
    "  Made from it",
    "    org/c",
    "    org/d",
    "    12 fine-tunes",
  ]);
  assert.deepEqual(
    first.slice(4).map(({ place, of, open }) => [place, of, open]),
    [
      [1, 3, false],
      [2, 3, null],
      [3, 3, null],
    ],
  );
});

test("only the model itself is shown as selected, not the heads of its branches", () => {
  assert.deepEqual(
    first.filter(isHead).map(({ text }) => text),
    ["Made from", "Made from it"],
  );
});

test("a branch that is opened goes on in its own direction", () => {
  const open = openAtFirst(graph).add("/a/children/c");
  assert.equal(shown(rowsOf(graph, everything(graph), open))[5], "      org/e");
});

test("what the map hides is not in the tree either", () => {
  const hidden = Uint8Array.from([1, 1, 0, 1, 1, 0]); // without c, and without the fold
  assert.deepEqual(shown(rowsOf(graph, hidden, openAtFirst(graph))).slice(3), [
    "  Made from it",
    "    org/d",
  ]);
});

test("a whole graph begins with the models that were made from no other", () => {
  const whole = new Graph({ ...GRAPH, focus: null });
  assert.deepEqual(shown(rowsOf(whole, everything(whole), openAtFirst(whole))), ["org/p"]);
});

test("keys walk along the edges and back", () => {
  assert.deepEqual(moveBy("ArrowRight", first, 0), { to: 1 });
  assert.deepEqual(moveBy("ArrowRight", first, 4), { open: true });
  assert.equal(moveBy("ArrowRight", first, 5), null);
  assert.deepEqual(moveBy("ArrowLeft", first, 5), { to: 3 });
  assert.deepEqual(moveBy("ArrowLeft", first, 3), { open: false });
  assert.deepEqual(moveBy("ArrowUp", first, 0), { to: 0 });
  assert.deepEqual(moveBy("End", first, 0), { to: 6 });
  assert.deepEqual(moveBy("ArrowDown", first, 6), { to: 6 });
  assert.equal(moveBy("x", first, 0), null);
});

test("models that were made from each other do not make an endless tree", () => {
  const loop = new Graph(answer("ab", ["b<a", "a<b"]));
  const open = new Set<string>();
  for (let key = "/a/children"; key.length < 400; key += key.endsWith("/a") ? "/b" : "/a")
    open.add(key);
  assert.ok(rowsOf(loop, everything(loop), open.add("/a")).length < 40);
});
