import assert from "node:assert/strict";
import { test } from "node:test";
import { changeBetween } from "../src/components/yaml/change.ts";
import { documentsOf, rowsOf, textOf } from "../src/publish/documents.ts";
import { listedOf, marksOf } from "../src/publish/faults.ts";
import { fixOf } from "../src/publish/fixes.ts";
import { isSlug, keyOf, readState, slugOf } from "../src/publish/state.ts";

const fault = (
  line: number | null,
  pointer: string,
  detail: string,
  suggestion: string | null,
) => ({
  pointer: `/recipe#${pointer}`,
  code: "x",
  detail,
  suggestion,
  line,
});

const TEXT = `merge_method: tise  # not 'tise' of old
models:
  - model: a/tise-b
    parameters: {densty: 0.5, weigth: "2.0"}
`;

test("a suggestion becomes a change where the text has what the fault quotes", () => {
  const method = fault(
    1,
    "/merge_method",
    "must be one of 'ties', 'linear', not 'tise'",
    "did you mean 'ties'?",
  );
  const fixed = fixOf(method, TEXT);
  assert.equal(fixed?.label, "Write ties");
  assert.equal(fixed?.text, TEXT.replace("merge_method: tise", "merge_method: ties"));
  const key = fault(
    4,
    "/models/0/parameters/densty",
    "ties has no parameter 'densty'; it has density",
    "did you mean 'density'?",
  );
  assert.equal(fixOf(key, TEXT)?.text, TEXT.replace("densty", "density"));
  const whole = fault(
    4,
    "/models/0/parameters/weigth",
    "must be a whole number, not the text '2.0'",
    "write 2",
  );
  assert.equal(fixOf(whole, TEXT)?.text, TEXT.replace('"2.0"', "2"));
  const base = fault(
    null,
    "/base_model",
    "ties needs a base_model",
    "add base_model: org/base, the nearest model that all of these came from",
  );
  assert.equal(fixOf(base, TEXT)?.text, TEXT.replace("\nmodels", "\nbase_model: org/base\nmodels"));
});

test("what no change is clear for is not changed", () => {
  assert.equal(
    fixOf(fault(3, "/models/0/model", "'tise' is odd", "did you mean 'ties'?"), TEXT),
    null,
  ); // only within a name
  assert.equal(fixOf(fault(9, "/x", "'tise'", "did you mean 'ties'?"), TEXT), null);
  assert.equal(fixOf(fault(1, "/x", "'tise'", "move it to the recipe"), TEXT), null);
  assert.equal(fixOf(fault(1, "/x", "'tise'", null), TEXT), null);
});

test("faults are listed by line, and said beside the lines that they have", () => {
  const faults = [
    fault(4, "/models", "late", null),
    fault(null, "", "no line", null),
    fault(2, "/a", "early", "hint"),
    fault(5, "", "no place", null),
  ];
  const listed = listedOf({ faults });
  assert.deepEqual(
    listed.map(({ place }) => place),
    ["the whole recipe", "line 2, /a", "line 4, /models", "line 5"],
  );
  assert.deepEqual(marksOf(listed), [
    { line: 2, tone: "fault", text: "early (hint)" },
    { line: 4, tone: "fault", text: "late" },
    { line: 5, tone: "fault", text: "no place" },
  ]);
});

test("an address says from what one publishes", () => {
  const of = (query: string) => keyOf(readState(new URLSearchParams(query)));
  assert.equal(of("fork=ann/soup"), "fork:ann/soup");
  assert.equal(of("version-of=ann/soup"), "version:ann/soup");
  assert.equal(of("fork=soup"), "new");
});

test("a file's name becomes a name for its recipe", () => {
  assert.equal(slugOf("My Soup (2).yml"), "my-soup-2");
  assert.deepEqual(["a-b", "a--b", "A", ""].map(isSlug), [true, false, false, false]);
});

test("a file that can be no recipe says why", async () => {
  assert.equal(await textOf(new File(["models: [ünï]"], "a.yml")), "models: [ünï]");
  const said = { message: "a.yml is not text: a recipe is YAML in UTF-8." };
  await assert.rejects(textOf(new File([new Uint8Array([0xff, 0xfe, 0x6d, 0])], "a.yml")), said);
  const long = { message: /^b.yml is too long: a recipe has at most 262,144 characters/ };
  await assert.rejects(textOf(new File(["é".repeat(300_000)], "b.yml")), long);
  await assert.rejects(textOf(new File(["a".repeat(2_000_000)], "b.yml")), long);
});

test("a file may have several recipes", () => {
  const documents = documentsOf(
    "# a comment\n---\nname: First one\nmodels: []\n---\nmodels: []\n---\n\n",
  );
  assert.equal(documents.length, 2);
  assert.deepEqual(
    rowsOf("soups.yml", documents).map(({ name, line }) => [name, line]),
    [
      ["soups-first-one", 1],
      ["soups-2", 2],
    ],
  );
  assert.deepEqual(documentsOf("models: []\n"), ["models: []\n"]);
  const unnamed = rowsOf("soups.yml", ["models: []", "models: []"]);
  assert.deepEqual(
    unnamed.map(({ name }) => name),
    ["soups", "soups-2"],
  ); // as `mergehub import` names them
});

test("a change of a text touches nothing else", () => {
  for (const [old, next] of [
    ["abc", "abd"],
    ["aa", "aaa"],
    ["", "x"],
    ["same", "same"],
    ["one two", "one new two"],
  ] as const) {
    const { from, to, insert } = changeBetween(old, next);
    assert.equal(old.slice(0, from) + insert + old.slice(to), next);
  }
  assert.deepEqual(changeBetween("one two", "one new two"), { from: 4, to: 4, insert: "new " });
});
