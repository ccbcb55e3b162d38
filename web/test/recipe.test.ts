import assert from "node:assert/strict";
import { test } from "node:test";
import { yamlLines } from "../src/components/yaml.ts";
import type { Comment } from "../src/hub/comments.ts";
import type { Me } from "../src/hub/me.ts";
import type { Difference } from "../src/hub/recipe_lists.ts";
import type { Recipe } from "../src/hub/recipe_page.ts";
import { type Canonical, written } from "../src/recipe/canonical.ts";
import { threadsOf, withComment, withoutComment } from "../src/recipe/comments/threads.ts";
import { ingredientsOf, plainName, runOf, settingsOf, tableOf } from "../src/recipe/ingredients.ts";
import { BAND, layoutOf, outlineOf } from "../src/recipe/layers/layout.ts";
import {
  drawable,
  tableOf as layersTable,
  OTHER,
  spanOf,
  stacksOf,
} from "../src/recipe/layers/stacks.ts";
import { commandsOf } from "../src/recipe/parts/commands.ts";
import { differenceWords, settingWords } from "../src/recipe/results/reproductions.ts";
import { forkName, mayWrite, mayWriteFor, ownersFor } from "../src/recipe/rights.ts";
import { aboutOf, changesTo, words } from "../src/recipe/settings/about.ts";
import { addressOf, FIRST, readState } from "../src/recipe/state.ts";
import { tableOf as differencesTable, shownValue } from "../src/recipe/versions/differences.ts";

const TIES: Canonical = {
  merge_method: "ties",
  base_model: "org/base",
  models: [
    { model: "org/one", parameters: { weight: 0.6, density: [0.3, 0.7] } },
    {
      model: "org/two@v1",
      parameters: { weight: [{ filter: "mlp", value: [0.2, 0.8] }, { value: -0.4 }], density: 1 },
    },
  ],
  parameters: { normalize: true, lambda: 1 },
  dtype: "bfloat16",
  out_dtype: "bfloat16",
};

const STACK: Canonical = {
  merge_method: "passthrough",
  slices: [
    { sources: [{ model: "org/a", layer_range: [0, 16], parameters: {} }], parameters: {} },
    { sources: [{ model: "org/b", layer_range: [8, 24], parameters: { scale: 0.5 } }] },
    { sources: [{ model: "org/a", layer_range: [16, 17], parameters: {} }] },
  ],
};

const SLERP: Canonical = {
  merge_method: "slerp",
  base_model: "org/b",
  slices: [
    {
      sources: [
        { model: "org/a", layer_range: [0, 4] },
        { model: "org/b", layer_range: [0, 4] },
      ],
      parameters: { t: [{ filter: "self_attn", value: [0, 0.25, 1] }, { value: 0.5 }] },
    },
  ],
};

test("the state of the page comes back from its address", () => {
  const state = { ...FIRST, version: 2, show: "versions", from: "origin", to: 2 } as const;
  const address = addressOf("/recipes/ann/soup", state);
  assert.equal(address, "/recipes/ann/soup?version=2&show=versions&from=origin&to=2");
  assert.deepEqual(readState(new URL(address, "http://hub").searchParams), state);
  const wrong = new URLSearchParams("version=-1&show=all&from=1.5&to=0&parameter=");
  assert.deepEqual(readState(wrong), FIRST);
});

test("the base comes first, and a parameter that differs from slice to slice says so", () => {
  const [base, one, two] = ingredientsOf(TIES);
  assert.deepEqual([base?.model, base?.base, base?.parameters], ["org/base", true, {}]);
  assert.deepEqual(one?.parameters, { weight: "0.6", density: "[0.3, 0.7]" });
  assert.equal(two?.parameters.weight, "mlp: [0.2, 0.8], other: -0.4");
  assert.deepEqual(tableOf(ingredientsOf(TIES))[0], [
    "model",
    "role",
    "layers",
    "weight",
    "density",
  ]);
  assert.deepEqual(settingsOf(TIES), [
    ["normalize", "true"],
    ["lambda", "1"],
    ["dtype", "bfloat16"],
  ]);
  const stack = ingredientsOf(STACK);
  assert.deepEqual(
    stack.map(({ model, layers }) => [model, layers]),
    [
      ["org/a", "0–15, 16"],
      ["org/b", "8–23"],
    ],
  );
  const twice = { ...STACK, slices: [...(STACK.slices ?? []), ...(STACK.slices ?? [])] };
  const scale = { sources: [{ model: "org/b", parameters: { scale: 1 } }] };
  const mixed = ingredientsOf({ ...twice, slices: [...twice.slices, scale] });
  assert.equal(mixed[1]?.parameters.scale, "by slice");
});

test("only names that a hub may know lead to a model, and a run's model to its run", () => {
  const id = "00000000-0000-4000-8000-000000000000";
  assert.equal(plainName("org/two@v1+org/lora"), "org/two");
  assert.equal(plainName("soup"), "soup");
  for (const other of ["./folder/model", "/abs/model", `run:${id}`, "a/b/c"]) {
    assert.equal(plainName(other), null, other);
  }
  assert.equal(runOf(`run:${id}+org/lora`), id);
  assert.equal(runOf("org/one"), null);
});

test("whole models lie beside each other, with a band for each filter", () => {
  assert.deepEqual(drawable(TIES), ["weight", "density"]);
  const [stack] = stacksOf(TIES, "weight");
  assert.equal(stack?.layers, null);
  assert.deepEqual(
    stack?.lanes.map(({ key, role, bands }) => [key, role, bands.map(({ filter }) => filter)]),
    [
      ["org/base", "base", [null]],
      ["org/one", "ingredient", [null]],
      ["org/two@v1", "ingredient", ["mlp", OTHER]],
    ],
  );
  assert.deepEqual(stack?.lanes[2]?.bands[0]?.blocks[0]?.values, [0.2, 0.8]);
  assert.deepEqual(spanOf(stacksOf(TIES, "weight")), [-0.4, 0.8]);
});

test("slices follow each other in the merged model, and a model keeps its lane", () => {
  const [stack] = stacksOf(STACK, drawable(STACK)[0] ?? null);
  assert.equal(stack?.layers, 33);
  const places = stack?.lanes.map(({ key, bands }) => [
    key,
    bands.flatMap(({ blocks }) => blocks.map(({ from, to, layers }) => [from, to, layers])),
  ]);
  assert.deepEqual(places, [
    [
      "org/a",
      [
        [0, 16, [0, 16]],
        [32, 33, [16, 17]],
      ],
    ],
    ["org/b", [[16, 32, [8, 24]]]],
  ]);
  const table = layersTable(stacksOf(STACK, "scale"), "scale");
  assert.deepEqual(table[3], [null, "16–31", "org/b", "ingredient", "8–23", null, "0.5"]);
});

test("a model that a slice has twice has two lanes", () => {
  const twice = { sources: [{ model: "org/a" }, { model: "org/a" }] };
  const [stack] = stacksOf({ merge_method: "linear", slices: [twice, twice] }, null);
  assert.deepEqual(
    stack?.lanes.map(({ key, bands }) => [key, bands[0]?.blocks.length]),
    [
      ["org/a", 2],
      ["org/a (2)", 2],
    ],
  );
});

test("the share of SLERP is drawn for both models: what one has, the other lacks", () => {
  assert.deepEqual(drawable(SLERP), ["t"]);
  const [stack] = stacksOf(SLERP, "t");
  const values = stack?.lanes.map(({ key, bands }) => [key, bands.map((e) => e.blocks[0]?.values)]);
  assert.deepEqual(values, [
    ["org/a", [[0, 0.25, 1], [0.5]]],
    ["org/b", [[1, 0.75, 0], [0.5]]],
  ]);
});

test("modules are stacks of their own", () => {
  const recipe = {
    merge_method: "linear",
    modules: { text_decoder: { models: [{ model: "a" }] } },
  };
  assert.equal(stacksOf(recipe, null)[0]?.module, "text_decoder");
  assert.deepEqual(spanOf(stacksOf(recipe, null)), [0, 1]);
});

test("a value stands on zero, and a negative one hangs from it", () => {
  assert.equal(outlineOf([1], 10, 100, 0, [0, 1]), `M10 ${BAND}L10 0L110 0L110 ${BAND}Z`);
  const [up, down] = [outlineOf([0, 1], 0, 10, 0, [-1, 1]), outlineOf([-1], 0, 10, 0, [-1, 1])];
  assert.equal(up, `M0 ${BAND / 2}L0 ${BAND / 2}L10 0L10 ${BAND / 2}Z`);
  assert.equal(down, `M0 ${BAND / 2}L0 ${BAND}L10 ${BAND}L10 ${BAND / 2}Z`);
  assert.equal(outlineOf(null, 0, 10, 0, [0, 1]), "");
});

test("a picture stays as large as one can see, however many models there are", () => {
  const models = Array.from({ length: 2_000 }, (_, at) => ({ model: `org/m${at}` }));
  const [stack] = stacksOf({ merge_method: "linear", models }, null);
  assert.ok(stack);
  const layout = layoutOf(stack, [0, 1], 390);
  assert.equal(layout.lanes.length + layout.left_out, 2_000);
  assert.ok(layout.height < 4_000);
  for (const { bands } of layout.lanes) {
    for (const { x, width } of bands.flatMap(({ blocks }) => blocks)) assert.ok(x + width <= 390);
  }
});

test("the parts of YAML are known, and together they are the text", () => {
  const text = [
    "# two specialists",
    "merge_method: ties   # as in the paper",
    "models:",
    '  - {model: "org/a: b", parameters: {weight: [0.3, -1e-3], normalize: true}}',
    "  - model: org/two@v1+org/lora",
    "    filter: /layers\\.[0-3]\\./",
    "x".repeat(5_000),
  ].join("\n");
  const lines = yamlLines(`${text}\n`);
  assert.equal(lines.map((parts) => parts.map((each) => each.text).join("")).join("\n"), text);
  const kinds = (at: number, kind: string) =>
    lines[at]?.filter((each) => each.kind === kind).map((each) => each.text);
  assert.deepEqual(kinds(0, "comment"), ["# two specialists"]);
  assert.deepEqual(kinds(1, "key"), ["merge_method"]);
  assert.deepEqual(kinds(1, "comment"), ["# as in the paper"]);
  assert.deepEqual(kinds(3, "key"), ["model", "parameters", "weight", "normalize"]);
  assert.deepEqual(kinds(3, "text"), ['"org/a: b"']);
  assert.deepEqual(kinds(3, "value"), ["0.3", "-1e-3", "true"]);
  assert.deepEqual(kinds(6, "plain"), ["x".repeat(5_000)]);
});

const difference = (each: Partial<Difference>): Difference => ({
  what: "parameter",
  change: "changed",
  path: "density of org/one",
  name: "density",
  filter: null,
  places: [],
  everywhere: false,
  old: null,
  new: null,
  ...each,
});

test("differences show their values as people write them", () => {
  const changed = difference({ old: 0.5, new: [0.3, 0.7] });
  assert.deepEqual(differencesTable([changed], "a@1", "a@2")[1], [
    "changed",
    "density of org/one",
    "0.5",
    "[0.3, 0.7]",
  ]);
  const added = difference({ what: "ingredient", change: "added" });
  assert.equal(
    shownValue(added, { model: "org/x", layer_range: [0, 4], parameters: { weight: 0.5 } }),
    "layers 0–3, weight 0.5",
  );
  const slice = difference({ what: "slice" });
  assert.equal(
    shownValue(slice, { sources: [{ model: "a", parameters: { weight: 1 } }, { model: "b" }] }),
    "a (weight 1) + b",
  );
  assert.equal(shownValue(difference({ what: "content" }), "models"), "whole models");
  assert.equal(shownValue(changed, null), "–");
  assert.equal(shownValue(changed, { filter: "mlp", value: 0.5 }), "mlp: 0.5");
  assert.equal(shownValue(changed, "x".repeat(1_000)).length, 160);
  assert.equal(written({ a: 1 }), '{"a":1}');
});

const said = (number: number, parent: number | null = null): Comment => ({
  number,
  parent,
  author: "ann",
  text: `text ${number}`,
  created_at: "2026-11-30T09:00:00Z",
  edited_at: null,
  removed_by: null,
});

test("comments are threads, each once, also if a later page has one again", () => {
  const threads = threadsOf([said(1), said(3, 1), said(2), said(4, 1), said(2)]);
  assert.deepEqual(
    threads.map(({ first, answers }) => [first.number, answers.map(({ number }) => number)]),
    [
      [1, [3, 4]],
      [2, []],
    ],
  );
});

test("a removed comment stays, empty, only while it has answers", () => {
  const all = [said(1), said(2, 1), said(3)];
  assert.deepEqual(withoutComment(all, said(3), "author"), [said(1), said(2, 1)]);
  const emptied = withoutComment(all, said(1), "moderator");
  const first = threadsOf(emptied)[0]?.first;
  assert.deepEqual([first?.text, first?.author, first?.removed_by], [null, null, "moderator"]);
  assert.deepEqual(withoutComment(emptied, said(2, 1), "author"), [said(3)]);
  assert.equal(withComment(all, { ...said(3), text: "new" }).at(-1)?.text, "new");
});

const me = (scopes: string[], role: "owner" | "writer" | "reader" = "writer"): Me => ({
  account: {
    id: "1",
    handle: "ann",
    kind: "person",
    display_name: "Ann",
    created_at: "",
    disabled_at: null,
  },
  scopes,
  expires_at: null,
  organisations: [{ organisation: "lab", role }],
});

test("who may write is said by the scopes of the token and the role in the account", () => {
  assert.ok(!mayWrite(null));
  assert.ok(!mayWrite(me(["runs:submit"])));
  assert.ok(mayWriteFor(me(["recipes:write"]), "lab"));
  assert.ok(!mayWriteFor(me(["recipes:write"], "reader"), "lab"));
  assert.ok(!mayWriteFor(me(["recipes:write"]), "eve"));
  assert.ok(mayWriteFor(me(["admin"]), "eve"));
  assert.deepEqual(ownersFor(me([])), ["ann", "lab"]);
  assert.equal(forkName({ owner: "eve", name: "soup" }, "ann"), "soup");
  assert.equal(forkName({ owner: "ann", name: "soup" }, "ann"), "soup-fork");
});

test("only what was changed is sent, and words are told apart by commas or spaces", () => {
  const recipe = {
    title: "Soup",
    description: "d",
    tags: ["small"],
    domains: [],
    licence: null,
    visibility: "public",
  } as unknown as Recipe;
  const about = aboutOf(recipe);
  assert.deepEqual(changesTo(recipe, about), {});
  assert.deepEqual(changesTo(recipe, { ...about, tags: "small, ties  small", licence: " mit " }), {
    tags: ["small", "ties"],
    licence: "mit",
  });
  assert.deepEqual(words(" , "), []);
});

test("a tensor that differs is described as far as that is known", () => {
  const tensor = { dtype: "BF16", shape: [2, 2], sha256: "0" };
  const same = { made: tensor, again: tensor, elements: 1, largest: 0.0078125 };
  assert.equal(differenceWords(same), "1 element differs, by at most 0.00781");
  assert.equal(differenceWords({ ...same, made: null }), "only in the second merge");
  assert.equal(differenceWords({ ...same, again: null }), "only in the first merge");
  const other = { ...same, again: { ...tensor, dtype: "F32" } };
  assert.equal(differenceWords(other), "BF16 [2, 2], then F32 [2, 2]");
  assert.match(differenceWords({ ...same, elements: null }), /not known/);
  const setting = { engine_version: "1", versions: {}, device: null, machine: null };
  assert.equal(settingWords(setting), "engine 1");
});

test("commands name the version", () => {
  const texts = commandsOf({ owner: "ann", name: "soup" }, 2).map(({ text }) => text);
  assert.equal(texts[0], "mergehub show ann/soup@2");
  assert.ok(texts.every((each) => each.includes("ann/soup@2")));
});
