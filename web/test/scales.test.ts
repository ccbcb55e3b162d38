import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../src/map/graph.ts";
import { lookOf, TOKENS } from "../src/map/look.ts";
import { SCALES, scaleOf, UNMEASURED } from "../src/map/scales.ts";
import { answer } from "./answers.ts";

function measured(score: (number | null)[], uplift: (number | null)[]): Graph {
  const base = answer("abcd", ["b<a", "c<b", "d<c"]);
  return new Graph({ ...base, nodes: { ...base.nodes, score, uplift } });
}

test("scores are coloured from the lowest to the highest", () => {
  const scale = scaleOf(measured([40, 50, 60, null], []), "score");
  assert.deepEqual([scale?.low, scale?.high], [40, 60]);
  const tokens = [0, 1, 2, 3].map((node) => scale?.tokenOf(node));
  assert.deepEqual(tokens, ["score-1", "score-4", "score-7", null]);
});

test("no gain is in the middle of uplift, however large the gains are", () => {
  const scale = scaleOf(measured([], [-2, 0, 8, null]), "uplift");
  assert.deepEqual([scale?.low, scale?.high], [-8, 8]);
  const tokens = [0, 1, 2].map((node) => scale?.tokenOf(node));
  assert.deepEqual(tokens, ["uplift-3", "uplift-4", "uplift-7"]);
});

test("values that are all the same have the middle colour", () => {
  assert.equal(scaleOf(measured([50, 50, null, null], []), "score")?.tokenOf(0), "score-4");
  assert.equal(scaleOf(measured([], [0, 0, null, null]), "uplift")?.tokenOf(0), "uplift-4");
});

test("without a value there is no scale, and every node has the colour for that", () => {
  const graph = measured([null, null, null, null], []);
  assert.equal(scaleOf(graph, "score"), null);
  assert.equal(TOKENS[lookOf(graph, "score").colour(0)], UNMEASURED);
});

test("the painters have every colour of the scales", () => {
  for (const token of [...SCALES.score, ...SCALES.uplift, UNMEASURED]) {
    assert.ok(TOKENS.includes(token), token);
  }
});
