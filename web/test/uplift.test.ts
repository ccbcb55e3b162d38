import assert from "node:assert/strict";
import { test } from "node:test";
import {
  groupsOf as comparedGroups,
  tableOf as comparedTable,
  partsOf,
} from "../src/compare/parts.ts";
import { MOST, readState as readCompare } from "../src/compare/state.ts";
import type { Comparison, ModelComparison, Uplift, UpliftCell } from "../src/hub/uplift.ts";
import { groupsOf as addedGroups, tableOf as addedTable, waysOf } from "../src/model/ablations.ts";
import { byBenchmark, byDomain, groupsOf, howOf, tableOf } from "../src/model/uplift.ts";
import { heatCell, sentenceOf } from "../src/uplift/cells.ts";
import { addressOf, FIRST, questionOf, readState } from "../src/uplift/state.ts";

const interval = (value: number, low: number | null, high: number | null) => ({ value, low, high });
const comparison = (value: number, low: number, high: number): Comparison => ({
  score: interval(0.5, 0.4, 0.6),
  precision: "bfloat16",
  difference: interval(value, low, high),
  p: 0.01,
  in_family: interval(value, low, high),
  p_in_family: 0.02,
  verdict: low > 0 ? "better" : high < 0 ? "worse" : "no clear difference",
  reason: null,
  method: "mcnemar",
  paired: true,
  items: 919,
});
const parent = (model: string, each: Comparison) => ({ ...each, model, roles: ["ingredient"] });
const UPLIFT: Uplift = {
  model: "org/merge",
  precision: "bfloat16",
  merged: true,
  method: "ties",
  parents: [],
  benchmarks: [
    {
      benchmark: "gsm8k",
      version: "1",
      metric: "exact_match",
      shots: 5,
      score: interval(0.6, 0.5, 0.7),
      parents: [
        parent("org/a", comparison(0.1, 0.05, 0.15)),
        parent("org/b", comparison(0.004, -0.02, 0.03)),
      ],
      best_parent: parent("org/b", comparison(0.004, -0.02, 0.03)),
      parents_mean: null,
    },
  ],
  domains: [],
  mean: null,
};
const CELL: UpliftCell = {
  method: "ties",
  base: "org/base",
  merges: 12,
  better: 5,
  worse: 1,
  unclear: 6,
  mean: 1.25,
  low: 0.5,
  high: 2,
  median: 1,
  share_better: 0.75,
};

test("a model is shown beside each parent, the best or the mean, in points of 100", () => {
  const parts = byBenchmark(UPLIFT);
  const groups = groupsOf(parts, "each");
  assert.deepEqual(
    groups.map(({ title, lines }) => [title, lines[0]?.value, lines[0]?.words, lines[0]?.token]),
    [
      ["org/a", 10, "better", "uplift-6"],
      ["org/b", 0.4, "no clear difference", "uplift-4"],
    ],
  );
  assert.deepEqual(
    groupsOf(parts, "best")[0]?.lines.map(({ value }) => value),
    [0.4],
  );
  assert.deepEqual(groupsOf(parts, "mean")[0]?.lines, []);
  assert.equal(howOf(comparison(0, 0, 0)), "McNemar's exact test on 919 items");
  assert.equal(tableOf(parts).length, 3);
});

test("what says the same as a single benchmark is not shown again", () => {
  const [only] = UPLIFT.benchmarks;
  assert.ok(only);
  const { benchmark, version, metric, shots, ...whole } = only;
  const over = [
    { benchmark, version, metric, shots, subtask: "", chat_template: null, task_hash: null },
  ];
  const both = {
    ...UPLIFT,
    mean: { ...whole, over },
    domains: [
      { ...whole, over, domain: "maths" },
      { ...whole, over: [...over, ...over], domain: "reasoning" },
    ],
  };
  assert.deepEqual(
    byBenchmark(both).map(({ label }) => label),
    ["gsm8k"],
  );
  assert.deepEqual(
    byDomain(both).map(({ label }) => label),
    ["reasoning"],
  );
});

test("an ablation has a line for each ingredient left out, in a group for each benchmark", () => {
  const gain = {
    difference: { value: 0.1, low: 0.05, high: 0.15 },
    in_family: { value: 0.1, low: 0.05, high: 0.15 },
    p: 0.01,
    p_in_family: 0.02,
    verdict: "better" as const,
    method: "mcnemar" as const,
    items: 919,
  };
  const bounded = { value: 0.5, low: 0.4, high: 0.6 };
  const setting = { benchmark: "gsm8k", version: "1", metric: "acc", shots: 5, count: 919 };
  const scored = { ...setting, limited: false, score: bounded };
  const candidate = (without: string | null, how: string) => ({
    without,
    how,
    model_digest: "sha256:0",
    results: [{ ...scored, gain: without === null ? null : gain }],
  });
  const ablation = {
    run: "r",
    model: "org/merge",
    recipe_digest: "sha256:1",
    method: "ties",
    harness: "lm-eval 0.4",
    created_at: "2026-11-30T00:00:00Z",
    candidates: [
      candidate(null, "The whole merge."),
      candidate("org/a", "Divided."),
      candidate("org/b", "Divided."),
    ],
  };
  assert.deepEqual(
    addedGroups(ablation).map(({ title, lines }) => [
      title,
      lines.map(({ key, value }) => [key, value]),
    ]),
    [
      [
        "gsm8k",
        [
          ["org/a", 10],
          ["org/b", 10],
        ],
      ],
    ],
  );
  assert.deepEqual(waysOf(ablation), [{ how: "Divided.", without: ["org/a", "org/b"] }]);
  assert.deepEqual(addedTable(ablation)[1]?.slice(0, 6), ["gsm8k", "org/a", 50, 10, 5, 15]);
});

test("merges of several bases, or by an unknown method, are called so", () => {
  const cell = heatCell({ ...CELL, method: "unknown", base: "several" }, FIRST);
  assert.deepEqual([cell.row, cell.column], ["several bases", "unknown method"]);
  assert.equal(cell.href, "/uplift?cell_method=unknown&cell_base=several");
});

test("a cell says how much and how often, and leads to its merges", () => {
  const cell = heatCell(CELL, { ...FIRST, board: "maths" });
  assert.deepEqual(
    [cell.row, cell.column, cell.large, cell.small],
    ["org/base", "ties", "+1.3", "75% of 12"],
  );
  assert.equal(cell.href, "/uplift?board=maths&cell_method=ties&cell_base=org%2Fbase");
  assert.equal(
    sentenceOf(CELL),
    "ties on org/base: 12 merges, mean +1.3 (+0.5 to +2.0); 5 better, 1 worse, 6 no clear difference",
  );
  assert.ok(!sentenceOf({ ...CELL, low: null }).includes("to +2"));
});

test("every state of the table of uplift survives in the address", () => {
  const state = {
    ...FIRST,
    against: "mean" as const,
    method: ["ties"],
    verified: true,
    since: "2026-01-02",
    cell_base: "a/b",
    cell_method: "ties",
  };
  assert.deepEqual(readState(new URL(addressOf(state), "http://hub").searchParams), state);
  assert.deepEqual(questionOf(state), {
    board: "overall",
    against: "mean",
    method: ["ties"],
    verified: true,
    since: "2026-01-02",
  });
});

test("at most six models are compared, each once", () => {
  const query = new URLSearchParams([..."abcdefgha"].map((model) => ["model", model]));
  assert.equal(readCompare(query).model.length, MOST);
});

test("a comparison has a line for each model, with words where one was not measured", () => {
  const compared = {
    board: "overall",
    as_of: 1,
    models: [],
    domains: [],
    mean: { benchmarks: [], scores: [null, null], differences: [null, null] },
    benchmarks: [
      {
        benchmark: "gsm8k",
        title: "GSM8K",
        domains: [],
        weight: 1,
        scores: [{ ...interval(60, 58, 62), raw: 0.6, source: "verified", result: 1 }, null],
        differences: [null, null],
      },
    ],
  } satisfies ModelComparison;
  const parts = partsOf(compared);
  assert.deepEqual(
    parts.map(({ name }) => name),
    ["GSM8K"],
  );
  const [group] = comparedGroups(parts, ["org/a", "org/b"]);
  assert.deepEqual(
    group?.lines.map(({ label, words, value }) => [label, words, value]),
    [
      ["a", "", 60],
      ["b", "not measured", undefined],
    ],
  );
  assert.equal(comparedTable(parts, ["org/a", "org/b"]).length, 3);
});
