import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsOf, sentenceOf, sharesOf, spanOf, whiskers } from "../src/plots/forest.ts";
import { halvesOf, mostOf, neighbour, strengthOf, tokenOfHeat } from "../src/plots/heat.ts";
import { fitted, type Line, verdictOf } from "../src/plots/interval.ts";
import { dayNumber, dayOf, steps } from "../src/plots/lines.ts";
import { endsOf, linear, logarithmic } from "../src/plots/scale.ts";
import { dots, nearest, type Point, stairs, walkOrder } from "../src/plots/scatter.ts";

const point = (key: string, x: number, y: number, front = false): Point => ({
  key,
  x,
  y,
  front,
  group: "merged",
  words: key,
});
const line = (label: string, low: number, high: number): Line => ({
  key: label,
  label,
  value: (low + high) / 2,
  low,
  high,
  words: verdictOf({ low, high }),
  token: "accent",
});

test("an axis leads from value to place and back, and names round values", () => {
  const scale = linear([0, 97], 10, 400);
  assert.deepEqual(scale.ticks, [0, 20, 40, 60, 80]);
  assert.equal(scale.at(0), 10);
  assert.equal(scale.at(97), 400);
  assert.equal(scale.back(scale.at(33)), 33);
  assert.deepEqual(linear([-0.3, 0.3], 0, 1, 4).ticks, [-0.2, 0, 0.2]);
});

test("an axis of values that are all the same has room around them", () => {
  assert.equal(linear([5, 5], 0, 10).at(5), 5);
  assert.deepEqual(endsOf([]), [0, 1]);
});

test("a logarithmic axis has the same room for each factor", () => {
  const scale = logarithmic([1, 100], 0, 200);
  assert.ok(Math.abs(scale.at(10) - 100) < 1e-9);
  assert.ok(Math.abs(scale.back(100) - 10) < 1e-9);
  assert.deepEqual(scale.ticks, [1, 2, 5, 10, 20, 50, 100]);
  assert.deepEqual(logarithmic([1, 100_000], 0, 1).ticks, [1, 10, 100, 1000, 10_000, 100_000]);
});

test("an interval that contains zero is no clear difference", () => {
  assert.equal(verdictOf({ low: -0.1, high: 3 }), "no clear difference");
  assert.equal(verdictOf({ low: 0.1, high: 3 }), "better");
  assert.equal(verdictOf({ low: -3, high: -0.1 }), "worse");
});

test("a forest has a row for each line and each title, and zero in the middle of losses and gains", () => {
  const groups = [
    { key: "a", title: "a", lines: [line("x", -2, 1), line("y", 0, 8)] },
    { key: "b", title: "", lines: [line("x", 1, 2)] },
  ];
  const texts = rowsOf(groups).rows.map(({ kind, text, interval }) => [kind, text, interval]);
  assert.deepEqual(texts, [
    ["title", 13, 13],
    ["line", 39, 39],
    ["line", 65, 65],
    ["line", 91, 91],
  ]);
  assert.equal(rowsOf(groups, true).height, 26 + 3 * 46);
  assert.ok(sharesOf(390, groups).narrow);
  assert.equal(sharesOf(900, groups).narrow, false);
  const [low, high] = spanOf(groups, true);
  assert.equal(-low, high);
  assert.ok(spanOf(groups.slice(1), true)[0] < 0, "zero is shown where all gain");
  assert.equal(sentenceOf(line("x", -2, 1), true), "x: -0.5 (-2.0 to +1.0)");
  assert.equal(sentenceOf({ ...line("x", 1, 1), low: null, high: null }, false), "x: 1.0");
  assert.equal(whiskers(10, 20, 5), "M10 1v8M10 5H20M20 1v8");
});

test("a colour says gain or loss, the stronger the more", () => {
  assert.equal(tokenOfHeat(1), "uplift-6");
  assert.equal(tokenOfHeat(-1), "uplift-2");
  assert.equal(tokenOfHeat(null), "unmeasured");
  assert.ok(strengthOf(2, 4) < strengthOf(-4, 4));
  assert.equal(strengthOf(9, 4), strengthOf(4, 4));
  assert.equal(mostOf([null, -3, 2]), 2);
  assert.equal(mostOf([]), 0);
});

test("a long name of a column has two lines", () => {
  assert.deepEqual(halvesOf("task_arithmetic"), ["task_", "arithmetic"]);
  assert.deepEqual(halvesOf("slerp"), ["slerp", ""]);
  assert.deepEqual(halvesOf("passthroughs"), ["passthroughs", ""]);
});

test("the arrow keys walk past the gaps of a heat map", () => {
  const cells = [
    [0, 0],
    [0, 2],
    [0, 3],
    [2, 0],
  ].map(([row = 0, column = 0]) => ({ row, column }));
  assert.equal(neighbour(cells, 0, "ArrowRight"), 1);
  assert.equal(neighbour(cells, 2, "ArrowLeft"), 1);
  assert.equal(neighbour(cells, 0, "ArrowDown"), 3);
  assert.equal(neighbour(cells, 3, "ArrowUp"), 0);
  assert.equal(neighbour(cells, 1, "ArrowDown"), null);
  assert.equal(neighbour(cells, 0, "Tab"), null);
});

test("points are one path, and the front goes up step by step", () => {
  const all = [point("a", 1, 10, true), point("b", 3, 30, true), point("c", 2, 5)];
  const [x, y] = [linear([0, 4], 0, 40), linear([0, 40], 40, 0)];
  assert.equal(dots(all, x, y), "M10 30h0M30 10h0M20 35h0");
  assert.equal(stairs(all, x, y, 40), "M10 30H30V10H40");
  assert.equal(stairs([], x, y, 40), "");
  assert.equal(nearest(all, x, y, { x: 21, y: 34 }), 2);
  assert.equal(nearest(all, x, y, { x: 100, y: 100 }), null);
  assert.deepEqual(walkOrder(all), [0, 2, 1]);
});

test("a rank stays until the day on which another one is known", () => {
  const x = linear([dayNumber("2026-01-01"), dayNumber("2026-01-11")], 0, 100);
  const places = [
    { day: "2026-01-01", value: 1 },
    { day: "2026-01-06", value: 3 },
  ];
  assert.equal(steps(places, x, linear([1, 3], 0, 20)), "M0 0H50V20");
  assert.equal(dayOf(dayNumber("2026-02-28") + 1), "2026-03-01");
});

test("a text that is too long ends with an ellipsis", () => {
  assert.equal(fitted("short", 100), "short");
  assert.equal(fitted("much too long", 72), "much too …");
});
