import assert from "node:assert/strict";
import { test } from "node:test";
import { unitOf } from "../src/map/panel/statistics.ts";
import { addressOf, FIRST, type MapState, questionOf, readState } from "../src/map/state.ts";

const EVERYTHING: MapState = {
  focus: "f",
  model: "m",
  to: "t",
  via: ["v", "w"],
  direction: "ancestors",
  depth: 3,
  relation: ["merge", "finetune"],
  method: ["ties"],
  licence: ["apache-2.0"],
  domain: ["math & code"],
  kind: ["merge", "original"],
  open: ["o", "p"],
  siblings: "quantized",
  since: "2026-01-02",
  colour: "family",
  least: 40,
  view: "list",
  limit: 10_000,
  seen: "-12.5_3_40",
};

const read = (address: string) => readState(new URL(address, "http://hub").searchParams);

test("every state survives in the address", () => {
  assert.deepEqual(read(addressOf(EVERYTHING)), EVERYTHING);
  assert.deepEqual(Object.keys(EVERYTHING).sort(), Object.keys(FIRST).sort());
});

test("the first state has the shortest address", () => {
  assert.equal(addressOf({ ...FIRST }), "/map");
  assert.deepEqual(read("/map"), FIRST);
});

test("what an address says wrongly is as at first", () => {
  const wrong =
    "/map?kind=odd&direction=up&depth=deep&least=-3&view=3d&colour=red&focus=&limit=7&relation=&since=today&seen=1_2";
  assert.deepEqual(read(wrong), FIRST);
  assert.equal(read("/map?depth=99").depth, 8);
  assert.equal(read("/map?least=999").least, 100);
});

test("the hub is asked for what the state filters by, and for no more", () => {
  assert.deepEqual(questionOf(FIRST), { limit: 2000 });
  assert.deepEqual(questionOf({ ...FIRST, focus: "f", relation: ["merge"], model: "m" }), {
    focus: "f",
    direction: "both",
    depth: 2,
    collapse: 5,
    relation: ["merge"],
    limit: 2000,
  });
  assert.deepEqual(questionOf({ ...FIRST, kind: ["original"] }), {
    kind: ["original"],
    limit: 2000,
  });
});

test("statistics count merges unless other edges or kinds of models are chosen", () => {
  assert.equal(unitOf(FIRST), "merge");
  assert.equal(unitOf({ relation: ["merge"], kind: ["adapter"] }), "merge");
  assert.equal(unitOf({ relation: [], kind: ["merge"] }), "model");
  assert.equal(unitOf({ relation: ["merge", "adapter"], kind: [] }), "model");
});
