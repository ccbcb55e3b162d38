import assert from "node:assert/strict";
import { test } from "node:test";
import { agesOfRanks } from "../src/board/ages.ts";
import { columnsOf, shownOf, sourceOf, tableOf, toggled } from "../src/board/columns.ts";
import { optionsOf } from "../src/board/filters.ts";
import { ofUse } from "../src/board/listed.ts";
import { barOf } from "../src/board/rank.ts";
import {
  addressOf,
  type BoardState,
  FIRST,
  filterCount,
  questionOf,
  readState,
  sortedBy,
} from "../src/board/state.ts";
import { wantedOf } from "../src/board/wanted.ts";
import { windowed } from "../src/components/windowed.ts";
import type { BoardColumn, BoardFacets, BoardRow, ListedBoard } from "../src/hub/boards.ts";

const EVERYTHING: BoardState = {
  board: "me/mine",
  q: "7b",
  method: ["ties", "slerp"],
  base: ["org/base"],
  family: ["mistral"],
  domain: ["maths"],
  precision: ["bfloat16"],
  licence: ["mit"],
  size_min: 1,
  size_max: 7.5,
  since: "2026-01-02",
  until: "2026-02-03",
  merged: true,
  flagged: false,
  verified: true,
  sort: "-gsm8k",
  column: ["gsm8k", "size"],
  view: "size",
};
const COLUMN: BoardColumn = {
  benchmark: "gsm8k",
  title: "GSM8K",
  version: "1",
  subtask: "",
  metric: "exact_match",
  shots: 5,
  chat_template: null,
  weight: 1,
  baseline: 0,
  domains: ["maths"],
  models: 3,
};
const ROW: BoardRow = {
  rank: { place: 2, best: 1, worst: 4 },
  model: "org/merge",
  revision: "",
  precision: "bfloat16",
  merged: true,
  method: "ties",
  base: ["org/base"],
  family: "mistral",
  parameters: 7_200_000_000,
  licence: null,
  domains: [],
  flags: ["contaminated"],
  claimed: [],
  made_on: null,
  mean: { value: 61.25, low: 60, high: 62.5 },
  uplift: -0.4,
  scores: {
    gsm8k: { value: 61.25, low: 60, high: 62.5, raw: 0.6125, source: "verified", result: 1 },
  },
  missing: [],
};

const read = (address: string) => readState(new URL(address, "http://hub").searchParams);

test("every state of a board survives in the address", () => {
  assert.deepEqual(read(addressOf(EVERYTHING)), EVERYTHING);
  assert.equal(addressOf({ ...FIRST }), "/boards");
  assert.deepEqual(read("/boards?merged=maybe&size_min=-1&since=soon&view=3d"), FIRST);
});

test("the hub is asked for what the state filters and sorts by, and for no more", () => {
  assert.deepEqual(questionOf({ ...FIRST, board: "overall", column: ["size"] }), {});
  assert.deepEqual(questionOf({ ...FIRST, merged: false, q: "7b", sort: "-size" }), {
    merged: false,
    q: "7b",
    sort: "-size",
  });
  assert.equal(filterCount({ ...FIRST }), 0);
  assert.equal(filterCount(EVERYTHING), 15);
});

test("a second press on a column turns its order round", () => {
  assert.equal(sortedBy("mean", "size"), "size");
  assert.equal(sortedBy("size", "size"), "-size");
  assert.equal(sortedBy("-size", "size"), "size");
});

test("columns are shown as usual until one is chosen or taken away", () => {
  const all = columnsOf([COLUMN]);
  const usual = shownOf(all, []).map(({ key }) => key);
  assert.deepEqual(usual, ["gsm8k", "uplift", "size", "method", "base"]);
  const without = toggled(all, [], "method");
  assert.deepEqual(without, ["gsm8k", "uplift", "size", "base"]);
  assert.deepEqual(toggled(all, without, "method"), []);
  assert.ok(toggled(all, [], "licence").includes("licence"));
});

test("a cell says what is not known, and a file leaves it empty", () => {
  const all = columnsOf([COLUMN]);
  const texts = Object.fromEntries(all.map(({ key, text }) => [key, text(ROW)]));
  assert.equal(texts.gsm8k, "61.3");
  assert.equal(texts.uplift, "-0.4");
  assert.equal(texts.size, "7.2B");
  assert.equal(texts.licence, "–");
  const [head = [], row = []] = tableOf(all, [ROW]);
  assert.equal(head.length, row.length);
  assert.equal(row[head.indexOf("licence")], null);
  assert.equal(row[head.indexOf("mean low")], 60);
});

test("what only an import claims has a mark, and files say what it is", () => {
  const size = columnsOf([]).find(({ key }) => key === "size");
  assert.ok(size);
  assert.equal(size.text(ROW), "7.2B");
  const claimed: BoardRow = { ...ROW, claimed: ["parameters", "licence"] };
  assert.equal(size.text(claimed), "7.2B*");
  const [head = [], row = []] = tableOf([size], [claimed]);
  assert.equal(row[head.indexOf("claimed")], "parameters licence");
  assert.equal(row[head.indexOf("size")], 7_200_000_000);
});

test("a row is as trusted as the least trusted of its scores", () => {
  assert.equal(sourceOf(ROW), "verified");
  const [score] = Object.values(ROW.scores);
  assert.ok(score);
  const imported = { ...score, source: "imported" as const };
  assert.equal(sourceOf({ ...ROW, scores: { ...ROW.scores, mmlu: imported } }), "imported");
  assert.equal(sourceOf({ ...ROW, scores: {} }), null);
});

test("the bar of a rank lies among all ranks, with the most room for the first ones", () => {
  const bar = barOf({ place: 10, best: 1, worst: 100 }, 10_000);
  assert.deepEqual([bar.from, Math.round(bar.width), Math.round(bar.at)], [0, 50, 25]);
  const last = barOf({ place: 100, best: 100, worst: 100 }, 100);
  assert.deepEqual([last.from, last.width, last.at], [97, 3, 100]);
  assert.deepEqual(barOf({ place: 1, best: null, worst: null }, 1), { from: 0, width: 3, at: 0 });
});

test("filters offer what the hub has, and keep what is chosen", () => {
  const facets = {
    method: [
      { value: "ties", models: 3 },
      { value: "unknown", models: 1 },
    ],
  };
  const options = optionsOf(facets as BoardFacets, "method", ["slerp"]);
  assert.deepEqual(options, [
    { value: "ties", label: "ties", count: 3 },
    { value: "unknown", label: "not known", count: 1 },
    { value: "slerp", label: "slerp", count: 0 },
  ]);
  assert.deepEqual(optionsOf(null, "method", ["slerp"]), [
    { value: "slerp", label: "slerp", count: null },
  ]);
});

test("only the rows in view are drawn, and the room of the others stays", () => {
  const drawn = windowed(10_000, 40, 4_000, 600);
  assert.ok(drawn.from < 100 && drawn.to > 115 && drawn.to - drawn.from < 60);
  assert.equal(drawn.before + (drawn.to - drawn.from) * 40 + drawn.after, 400_000);
  assert.deepEqual(windowed(0, 40, 0, 600), { from: 0, to: 0, before: 0, after: 0 });
  assert.equal(windowed(5, 40, 9_000, 600).to, 5);
});

test("a board of one's own needs a title, a purpose and columns with weights", () => {
  const weights = new Map([["gsm8k", 2]]);
  assert.deepEqual(wantedOf("Smäll models: maths!", " For phones ", weights), {
    name: "small-models-maths",
    title: "Smäll models: maths!",
    summary: "For phones",
    columns: [{ benchmark: "gsm8k", weight: 2 }],
  });
  assert.equal(wantedOf("A", "B", new Map()), null);
  assert.equal(wantedOf("A", "", weights), null);
  assert.equal(wantedOf("!", "B", weights), null);
  assert.equal(wantedOf("A", "B", new Map([["gsm8k", Number.NaN]])), null);
});

test("boards that rank no model come last, and all others stay in their order", () => {
  const ranked = { overall: 3, code: 0, maths: 1, mine: 0, yours: 9 };
  const boards = Object.entries(ranked).map(
    ([name, ranked]) => ({ name, ranked }) as unknown as ListedBoard,
  );
  assert.deepEqual(
    ofUse(boards).map(({ name }) => name),
    ["overall", "maths", "yours", "code", "mine"],
  );
});

test("intervals of ranks of earlier results say which, and those of today's nothing", () => {
  const ranks = { method: "bootstrap", replicates: 200, seed: 0 } as const;
  const of = (as_of: number | null, read_at: string | null) =>
    agesOfRanks({ as_of: 9, ranks: { ...ranks, as_of, read_at } });
  assert.equal(of(9, "2026-11-30T07:05:59.5Z"), "");
  assert.match(of(8, "2026-11-30T07:05:59.5Z"), /of 2026-11-30 07:05 UTC\.$/);
  assert.match(of(null, null), /being computed\.$/);
});
