import assert from "node:assert/strict";
import { test } from "node:test";
import { HubProblem } from "@mergehub/client";
import { age } from "../src/app/words.ts";
import { grouped } from "../src/components/grouped.ts";
import { here, isOfModels } from "../src/frame/places.ts";
import type { FoundRecipe } from "../src/hub/searching.ts";
import { addressOf, FIRST, questionOf, readState, type SearchState } from "../src/search/state.ts";
import { tableOf } from "../src/search/table.ts";
import { completionsOf } from "../src/search/text/completing.ts";
import { instead } from "../src/search/text/correcting.ts";
import { dropped } from "../src/search/text/dropping.ts";
import {
  askedOf,
  chosenOf,
  countsOf,
  labelOf,
  optionsOf,
  toggled,
} from "../src/search/text/facets.ts";
import { faultsOf, fixedOf, partsOf } from "../src/search/text/faults.ts";
import { firstSort, piecesOf, written } from "../src/search/text/pieces.ts";
import { highlightsOf } from "../src/start/highlights.ts";

const EVERYTHING: SearchState = {
  q: 'method:ties "a b"',
  sort: "stars",
  like: "ann/soup",
  by: "ingredients",
};
const read = (address: string) => readState(new URL(address, "http://hub").searchParams);

const RECIPE: FoundRecipe = {
  id: "1",
  owner: "ann",
  visibility: "public",
  name: "soup",
  title: "Soup",
  description: "",
  tags: ["german", "small"],
  domains: [],
  licence: null,
  forked_from: null,
  forks: 0,
  archived_at: null,
  reproductions: 2,
  created_at: "2026-11-01T00:00:00Z",
  stars: 1,
  comments: 0,
  version: { id: "2", number: 1, digest: "d", method: "ties", created_at: "2026-11-01T00:00:00Z" },
  base: "org/base",
  ingredients: 2,
  size: 7e9,
  uplift: 1.25,
};

test("every search survives in the address, and the first one has the shortest", () => {
  assert.deepEqual(read(addressOf(EVERYTHING)), EVERYTHING);
  assert.equal(addressOf({ ...FIRST }), "/recipes");
  assert.deepEqual(read("/recipes?sort=worst&by=luck&q=+"), FIRST);
  assert.deepEqual(questionOf(EVERYTHING), { q: EVERYTHING.q, sort: "stars" });
  assert.deepEqual(questionOf(FIRST), {});
});

test("a text is read as the conditions that it has, with their places", () => {
  const text =
    'german -tag:nsfw base:"org/a \\"b\\"",mistral stars>=3 "two words" merg* license:mit';
  const shown = piecesOf(text).map(({ field, negated, values }) => [
    field,
    negated,
    values.map((value) => value.text),
  ]);
  assert.deepEqual(shown, [
    [null, false, ["german"]],
    ["tag", true, ["nsfw"]],
    ["base", false, ['org/a "b"', "mistral"]],
    ["stars", false, [">=3"]],
    [null, false, ["two words"]],
    [null, false, ["merg*"]],
    ["licence", false, ["mit"]],
  ]);
  for (const { from, to } of piecesOf(text))
    assert.equal(text.slice(from, to).trim().length, to - from);
});

test("whatever is typed is read to its end", () => {
  for (const text of [
    '"',
    '"a',
    'a"b',
    "tag:",
    "tag:,",
    ",",
    "\\",
    '"\\',
    "-",
    "(a",
    "a:b:c",
    "  ",
  ]) {
    const pieces = piecesOf(text);
    assert.equal(
      pieces.map(({ from, to }) => text.slice(from, to)).join(""),
      text.replaceAll(" ", ""),
    );
  }
});

test("a value goes into the text in quotes if it needs them, and is read back", () => {
  for (const value of ["ties", "a b", 'say "x"', "back\\slash", "a,b"]) {
    assert.equal(piecesOf(`tag:${written(value)}`)[0]?.values[0]?.text, value);
  }
});

test("the hub sorts by relevance if there are words, else by age", () => {
  assert.equal(firstSort("method:ties german"), "relevance");
  assert.equal(firstSort("method:ties -german"), "new");
  assert.equal(firstSort(""), "new");
});

test("a facet is toggled in and out of the text, each in the way of its field", () => {
  assert.equal(toggled("german", "method", "ties"), "german method:ties");
  assert.equal(toggled("method:ties german", "method", "slerp"), "method:ties,slerp german");
  assert.equal(toggled("method:ties,slerp german", "method", "ties"), "method:slerp german");
  assert.equal(toggled("method:ties german", "method", "ties"), "german");
  assert.equal(toggled("tag:a", "tag", "b"), "tag:a tag:b");
  assert.equal(toggled("x tag:a tag:b y", "tag", "a"), "x tag:b y");
  assert.equal(toggled("size:2b..<6b x", "size", "6b..<10b"), "x size:6b..<10b");
  assert.equal(toggled("size:6b..<10b x", "size", "6b..<10b"), "x");
  assert.equal(toggled("", "uplift", ">0"), "uplift>0");
  assert.equal(toggled("uplift:>0 x", "uplift", ">0"), "x");
  assert.equal(toggled("", "base", "org/a b"), 'base:"org/a b"');
  assert.equal(toggled("-tag:a", "tag", "a"), "-tag:a tag:a");
  assert.deepEqual(chosenOf("tag:a -tag:b model:x", "tag"), ["a"]);
  assert.deepEqual(chosenOf("model:x", "ingredient"), ["x"]);
});

test("a field with a choice of one value or another is counted without that choice", () => {
  const asked = askedOf("german method:ties tag:a");
  assert.deepEqual(
    [...asked],
    [
      [null, "german method:ties tag:a"],
      ["method", "german tag:a"],
    ],
  );
  const facets = (field: string, value: string) => ({
    total: 1,
    as_of: 1,
    corrections: [],
    facets: { [field]: [{ value, count: 1 }] },
  });
  const counts = countsOf(
    new Map([
      [null, facets("tag", "a")],
      ["method", facets("method", "slerp")],
    ]),
  );
  assert.deepEqual(optionsOf(counts, "method", "method:ties"), [
    { value: "slerp", count: 1, label: "slerp" },
    { value: "ties", count: null, label: "ties" },
  ]);
  assert.deepEqual(optionsOf(null, "tag", ""), []);
});

test("ranges are said in words", () => {
  assert.equal(labelOf("size", "..<2b"), "under 2B");
  assert.equal(labelOf("size", "6b..<10b"), "6B to 10B");
  assert.equal(labelOf("size", "50b.."), "50B or more");
  assert.equal(labelOf("ingredients", "..1"), "up to 1");
  assert.equal(labelOf("ingredients", "3"), "3");
  assert.equal(labelOf("uplift", ">0"), "gains");
  assert.equal(labelOf("tag", "a..b"), "a..b");
});

test("a fault is marked at its place, also after letters of two units, and can be put right", () => {
  const text = '🍲 bse:x (tag:y "z';
  const fault = (place: string, code: string, suggestion: string | null) => ({
    pointer: `/query/q#char=${place}`,
    code,
    detail: "wrong",
    suggestion,
    line: null,
  });
  const errors = [
    fault("2,5", "unknown_field", "did you mean 'base'?"),
    fault("8,9", "parenthesis", "leave it out"),
    fault("15,17", "unclosed_quote", "add one at the end"),
    fault("0,1", "operator", "write a hyphen"),
  ];
  const problem = { type: "t", title: "t", status: 422, detail: "d", errors };
  const faults = faultsOf(new HubProblem({ ...problem, code: "query-invalid" }), text) ?? [];
  assert.deepEqual(
    faults.map((each) => fixedOf(text, [each])),
    ['🍲 base:x (tag:y "z', '🍲 bse:x tag:y "z', '🍲 bse:x (tag:y "z"', null],
  );
  assert.equal(fixedOf(text, faults), '🍲 base:x tag:y "z"');
  const parts = partsOf(text, faults);
  assert.equal(parts.map((part) => part.text).join(""), text);
  assert.deepEqual(
    parts.filter(({ wrong }) => wrong).map((part) => part.text),
    ["🍲", "bse", "(", '"z'],
  );
  assert.equal(faultsOf(new HubProblem({ ...problem, code: "invalid" }), text), null);
  assert.equal(faultsOf(new TypeError(), text), null);
});

test("a rare word that may be a mistake is replaced as a whole word", () => {
  const correction = { field: null, written: "mat", read: "math", certain: false };
  assert.equal(instead("format mat", [correction]), "format math");
  assert.equal(instead("mat", [{ ...correction, certain: true }]), null);
});

test("each of several conditions can be dropped", () => {
  assert.deepEqual(dropped("a tag:b"), [
    { q: "tag:b", condition: "a" },
    { q: "a", condition: "tag:b" },
  ]);
  assert.deepEqual(dropped("a"), []);
});

test("what a word may become is listed with the search that it gives", () => {
  const found = completionsOf({
    values: { method: [{ value: "ties", count: 2, q: "method:ties " }] },
    fields: [{ name: "tag", meaning: "A `tag`.", example: "tag:german", q: "tag:" }],
    recipes: [{ id: "1", owner: "ann", name: "soup", title: "Soup" }],
  });
  assert.deepEqual(
    found.map(({ name, note, isField, q }) => [name, note, isField, q]),
    [
      ["method:ties", "2 recipes", false, "method:ties "],
      ["tag:", "A tag.", true, "tag:"],
      ["ann/soup", "Soup", false, ""],
    ],
  );
  assert.deepEqual(
    grouped(found).map(([group, items]) => [group, items.map(([place]) => place)]),
    [
      ["Values", [0]],
      ["Fields", [1]],
      ["Recipes", [2]],
    ],
  );
});

test("recipes are saved with a row each under their header", () => {
  const [header = [], row = []] = tableOf([RECIPE]);
  const saved = Object.fromEntries(header.map((name, at) => [name, row[at]]));
  assert.equal(saved.name, "soup");
  assert.equal(saved.tags, "german small");
  assert.equal(saved.uplift, 1.25);
});

test("the start page shows what rises only if it is another order than that of the newest", () => {
  const other = { ...RECIPE, id: "2" };
  const titles = (...found: FoundRecipe[][]) => highlightsOf(found).map(({ title }) => title);
  assert.deepEqual(titles([RECIPE, other], [RECIPE, other], [], []), ["New"]);
  assert.deepEqual(titles([RECIPE, other], [other, RECIPE], [RECIPE], [RECIPE]), [
    "New",
    "Rising",
    "Most reproduced",
    "Largest uplift",
  ]);
  assert.deepEqual(titles([], [], [], []), []);
  const [, , reproduced, gained] = highlightsOf([[RECIPE], [other], [RECIPE], [RECIPE]]);
  assert.equal(reproduced?.note(RECIPE), "2 times");
  assert.equal(gained?.note(RECIPE), "+1.3 points");
  assert.equal(reproduced?.href, "/recipes?q=reproduced%3Ayes&sort=reproductions");
});

test("an age is said in its largest unit", () => {
  const now = Date.parse("2026-11-30T12:00:00Z");
  assert.equal(age("2026-11-30T11:59:30Z", now), "just now");
  assert.equal(age("2026-11-30T09:00:00Z", now), "3 hours ago");
  assert.equal(age("2026-11-29T09:00:00Z", now), "yesterday");
  assert.equal(age("2024-11-29T09:00:00Z", now), "2 years ago");
  assert.equal(age("2026-12-01T00:00:00Z", now), "just now"); // a clock that is ahead
});

test("an entry of the navigation is the place of the pages that belong to it", () => {
  assert.equal(here("/boards", "/boards"), "page");
  assert.equal(here("/boards", "/uplift"), "true");
  assert.equal(here("/recipes", "/recipes/ann/soup"), "true");
  assert.equal(here("/map", "/recipes"), undefined);
  assert.equal(isOfModels("/import"), true);
  assert.equal(isOfModels("/runs"), false);
});
