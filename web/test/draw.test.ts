import assert from "node:assert/strict";
import { test } from "node:test";
import { dragged, fitted, toScreen, toWorld, zoomed } from "../src/map/draw/camera.ts";
import { Grid } from "../src/map/draw/grid.ts";
import { chooseLabels } from "../src/map/draw/labels.ts";
import { type Scene, sceneOf } from "../src/map/draw/scene.ts";
import { Graph } from "../src/map/graph.ts";
import { lookOf } from "../src/map/look.ts";
import { asSeen, cameraOf, written } from "../src/map/seen.ts";
import { answer } from "./answers.ts";

const VIEW = { width: 800, height: 600 };
const graph = new Graph(answer("abcd", ["b<a", "c<b", "d<c"]));
const scene = (): Scene =>
  sceneOf(graph, lookOf(graph, "kind"), new Uint8Array(graph.total).fill(1));

test("zooming leaves the point under the pointer where it is", () => {
  const camera = { x: 3, y: 4, scale: 2 };
  const under = { x: 100, y: 500 };
  const before = toWorld(camera, VIEW, under);
  const after = toScreen(zoomed(camera, VIEW, 1.7, under), VIEW, before);
  assert.ok(Math.hypot(after.x - under.x, after.y - under.y) < 1e-9);
});

test("dragging moves the world by as many pixels", () => {
  const camera = { x: 0, y: 0, scale: 4 };
  const at = toScreen(dragged(camera, 30, -10), VIEW, { x: 0, y: 0 });
  assert.deepEqual(at, { x: 430, y: 290 });
});

test("a view that fits shows every node", () => {
  const camera = fitted(graph.x, graph.y, VIEW, 100);
  for (const node of [0, 3]) {
    const { x } = toScreen(camera, VIEW, { x: graph.x[node] ?? 0, y: 0 });
    assert.ok(x >= 0 && x <= VIEW.width);
  }
  assert.equal(fitted([5], [5], VIEW, 7).scale, 7);
});

test("nodes are found by any point near them, unless they are hidden", () => {
  const all = scene();
  const grid = new Grid(all);
  const radius = (node: number) => all.radius[node] ?? 0;
  assert.equal(grid.at({ x: 20.5, y: 0.5 }, 1, radius), 2);
  assert.equal(grid.at({ x: 15, y: 40 }, 1, radius), null);
  all.visible[2] = 0;
  assert.equal(grid.at({ x: 20.5, y: 0.5 }, 1, radius), null);
});

const named = (start: string) => (node: number) => ({ name: `${start}${node}`, more: 0 });

test("what is drawn first is what matters most", () => {
  const { order, edges, largest } = scene();
  assert.deepEqual([...order], [0, 1, 2, 3]);
  assert.deepEqual([...edges], [1, 0, 2, 1, 3, 2]);
  assert.equal(largest, 0);
});

test("names never cover each other, and what stands out is named first", () => {
  const all = scene();
  const camera = { x: 15, y: 0, scale: 1 }; // 10 pixels between nodes
  const chosen = chooseLabels(all, camera, VIEW, named("org/model-"), [2]);
  assert.deepEqual(chosen, [
    { node: 2, side: "below", name: "model-2", more: 0 },
    { node: 0, side: "above", name: "model-0", more: 0 },
  ]);
  const apart = chooseLabels(all, { ...camera, scale: 15 }, VIEW, named("m"), []);
  assert.equal(apart.length, 4);
});

test("a name covers no node where there are few, and stands below its node if need be", () => {
  const few = new Graph(answer("abc", ["b<a", "c<b"]));
  const all = sceneOf(few, lookOf(few, "kind"), new Uint8Array(few.total).fill(1));
  const camera = { x: 10, y: 0, scale: 5 }; // 50 pixels between nodes
  const sides = chooseLabels(all, camera, VIEW, named("org/longer-"), [1]);
  assert.deepEqual(
    sides.map(({ node, side }) => [node, side]),
    [
      [1, "below"],
      [0, "left"],
      [2, "right"],
    ],
  );
});

test("a name that has no room is cut", () => {
  const few = new Graph(answer("a", []));
  const all = sceneOf(few, lookOf(few, "kind"), new Uint8Array(few.total).fill(1));
  const text = () => ({ name: "org/a-name-of-thirty-letters-or-so", more: 0 });
  const [label] = chooseLabels(all, { x: 0, y: 0, scale: 1 }, { width: 150, height: 90 }, text, []);
  assert.equal(label?.name, "a-name-of-thirt…");
});

test("a name that the right edge would cut stands to the left of its node", () => {
  const camera = { x: 15, y: 0, scale: VIEW.width / 34 }; // the last node is near the edge
  const chosen = chooseLabels(scene(), camera, VIEW, named("a-long-name-"), [3]);
  assert.equal(chosen[0]?.side, "left");
  const beyond = { ...camera, x: -15 }; // and now beyond it
  const seen = chooseLabels(scene(), beyond, VIEW, named("m"), []).map(({ node }) => node);
  assert.ok(!seen.includes(3));
});

test("what a camera sees is the same in a view of another size", () => {
  const camera = { x: 1234.5678, y: -0.25, scale: 4 };
  const text = written(camera, { width: 1000, height: 400 });
  assert.equal(text, "1234.6_-0.25_100");
  assert.deepEqual(cameraOf(text, { width: 300, height: 800 }), { x: 1234.6, y: -0.25, scale: 3 });
  for (const wrong of ["", "1_2", "1_2_0", "1_2_-3", "a_b_c", "1_2_3_4", "1e9_2_3", "1,2,3"]) {
    assert.equal(asSeen(wrong), null);
  }
});
