import assert from "node:assert/strict";
import { test } from "node:test";
import { months, OTHER, stacked } from "../src/plots/stack.ts";

const COUNTS = [
  { column: "2026-02", group: "ties", count: 3 },
  { column: "2026-01", group: "ties", count: 1 },
  { column: "2026-01", group: "linear", count: 2 },
  { column: "2026-02", group: "slerp", count: 1 },
];

test("columns are sorted, and their parts lie one above the other", () => {
  const { groups, columns, most } = stacked(COUNTS, 8);
  assert.deepEqual(groups, ["ties", "linear", "slerp"]);
  assert.equal(most, 4);
  assert.deepEqual(columns, [
    {
      name: "2026-01",
      total: 3,
      parts: [
        { group: "ties", count: 1, from: 0, to: 0.25 },
        { group: "linear", count: 2, from: 0.25, to: 0.75 },
      ],
    },
    {
      name: "2026-02",
      total: 4,
      parts: [
        { group: "ties", count: 3, from: 0, to: 0.75 },
        { group: "slerp", count: 1, from: 0.75, to: 1 },
      ],
    },
  ]);
});

test("the smallest groups are joined if there are too many", () => {
  const { groups, columns } = stacked(COUNTS, 2);
  assert.deepEqual(groups, ["ties", OTHER]);
  assert.deepEqual(
    columns.map(({ parts }) => parts.map(({ count }) => count)),
    [
      [1, 2],
      [3, 1],
    ],
  );
});

test("nothing makes no columns", () => {
  assert.deepEqual(stacked([], 8), { groups: [], columns: [], most: 1 });
});

test("months without anything have an empty column", () => {
  const late = { column: "2026-04", group: "ties", count: 1 };
  const { columns } = stacked([...COUNTS, late], 8);
  assert.deepEqual(
    columns.map(({ name, total }) => [name, total]),
    [
      ["2026-01", 3],
      ["2026-02", 4],
      ["2026-03", 0],
      ["2026-04", 1],
    ],
  );
});

test("of many months only the last are shown, and count", () => {
  const early = { column: "2020-01", group: "dare", count: 99 };
  const { groups, columns, most } = stacked([...COUNTS, early], 8);
  assert.equal(columns.length, 36);
  assert.deepEqual([columns[0]?.name, columns.at(-1)?.name], ["2023-03", "2026-02"]);
  assert.deepEqual([groups.includes("dare"), most], [false, 4]);
});

test("months pass the end of a year", () => {
  assert.deepEqual(months("2025-11", "2026-02"), ["2025-11", "2025-12", "2026-01", "2026-02"]);
});
