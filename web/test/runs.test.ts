import assert from "node:assert/strict";
import { test } from "node:test";
import { namesIn, toggled } from "../src/app/names.ts";
import { withNewer } from "../src/runs/merged.ts";
import { differenceOf } from "../src/runs/one/differences.ts";
import { newsOf } from "../src/runs/one/log.ts";
import { countsOf } from "../src/runs/one/scores.ts";
import { addressOf, FIRST, isFiltered, questionOf, readState } from "../src/runs/state.ts";
import { commandOf, EMPTY, wantedOf } from "../src/runs/wanted.ts";
import { bytes, duration, rateBetween, secondsLeft, shareOf, stageOf } from "../src/runs/words.ts";

const ID = "0b0e4c8e-6b0e-4c8e-8b0e-4c8e6b0e4c8e";
const read = (address: string) => readState(new URL(address, "http://hub").searchParams);
const progress = {
  stage: "merge",
  done: 2,
  total: 10,
  unit: "tensors",
  bytes_done: 0,
  bytes_total: 0,
  seconds: 4,
};

test("the state of the list is in its address, and what is odd there is as at first", () => {
  const state = {
    ...FIRST,
    state: "failed",
    kind: "verify",
    owner: "ann",
    model: "a/b",
    recipe: ID,
  } as const;
  assert.deepEqual(read(addressOf(state)), state);
  assert.equal(addressOf({ ...FIRST }), "/runs");
  assert.deepEqual(read("/runs?state=odd&kind=odd&recipe=7&run=x&owner="), FIRST);
  assert.deepEqual(questionOf(state, "r"), {
    state: "failed",
    kind: "verify",
    owner: "ann",
    model: "a/b",
    recipe: "r",
  });
  assert.deepEqual(questionOf(FIRST, null), {});
  assert.ok(isFiltered(state) && !isFiltered(FIRST));
  assert.ok(!isFiltered({ ...FIRST, run: state.run }), "a run to verify leaves out none");
});

test("a form makes the request of its kind, and the command that does the same", () => {
  const version = { id: ID, name: "ann/soup@2" };
  const merge = { ...EMPTY, model_name: " me/soup ", seed: 7, hardware: "gpu" } as const;
  assert.deepEqual(wantedOf(merge, version), {
    kind: "merge",
    model_name: "me/soup",
    recipe_version: ID,
    seed: 7,
    hardware: "gpu",
  });
  assert.equal(
    commandOf(merge, version),
    "mergehub submit ann/soup@2 --name me/soup --seed 7 --hardware gpu",
  );
  const evaluate = {
    ...EMPTY,
    kind: "evaluate",
    model: "a b",
    benchmarks: "x, y x",
    limit: 5,
  } as const;
  assert.deepEqual(wantedOf(evaluate, version), {
    kind: "evaluate",
    model: "a b",
    limit: 5,
    chat_template: false,
    fresh: false,
    hardware: "cpu",
    benchmarks: ["x", "y"],
  });
  assert.equal(
    commandOf(evaluate, null),
    "mergehub evaluate 'a b' --benchmark x --benchmark y --limit 5",
  );
  const unwritten = { ...evaluate, model: "" };
  assert.equal(
    commandOf(unwritten, version),
    "mergehub evaluate --recipe ann/soup@2 --benchmark x --benchmark y --limit 5",
  );
  const verify = { ...EMPTY, kind: "verify", run: ID, timeout_seconds: 60 } as const;
  assert.deepEqual(wantedOf(verify, version), {
    kind: "verify",
    run: ID,
    hardware: "cpu",
    timeout_seconds: 60,
  });
  assert.equal(commandOf(verify, null), `mergehub verify ${ID} --timeout 60`);
});

test("names are separated by commas or spaces, and pressed in and out", () => {
  assert.deepEqual(namesIn(" a,b  c,a "), ["a", "b", "c"]);
  assert.equal(toggled("a, b", "a"), "b");
  assert.equal(toggled("a", "b"), "a, b");
});

test("a newer first page takes the place of the earlier one", () => {
  const run = (id: string, created_at: string) => ({ id, created_at }) as never;
  const listed = [run("c", "3"), run("b", "2"), run("a", "1")];
  const page = (items: never[], next_cursor: string | null) =>
    withNewer(listed, { items, next_cursor });
  const ids = (runs: readonly { id: string }[]) => runs.map(({ id }) => id).join("");
  assert.equal(ids(page([run("d", "4"), run("c", "3")], "x")), "dcba");
  assert.equal(ids(page([run("c", "3")], null)), "c"); // the others no longer pass the filters
  assert.equal(ids(page([run("d", "4"), run("b", "2")], "x")), "dba");
});

test("sizes and times are in their largest units", () => {
  assert.deepEqual([0, 999, 15_200_000_000].map(bytes), ["0 B", "999 B", "15.2 GB"]);
  assert.deepEqual([0.25, 59.6, 61, 7_500, 90_000].map(duration), [
    "0.3 s",
    "1 min 0 s",
    "1 min 1 s",
    "2 h 5 min",
    "1 d 1 h",
  ]);
});

test("rate and time left are those of a stage, of bytes where they are counted", () => {
  const later = { ...progress, done: 6, seconds: 6 };
  const rate = rateBetween(progress, later);
  assert.deepEqual(rate, { bytes: 0, parts: 2 });
  assert.equal(secondsLeft(later, rate), 2);
  assert.equal(shareOf(later), 0.6);
  assert.equal(stageOf(later), "merge 6/10 tensors");
  const sized = { ...later, bytes_done: 100, bytes_total: 400 };
  assert.equal(secondsLeft(sized, { bytes: 50, parts: 2 }), 6);
  assert.equal(shareOf(sized), 0.25);
  assert.equal(rateBetween({ ...progress, stage: "plan" }, later), null);
  assert.equal(rateBetween(later, progress), null); // another attempt
  assert.equal(secondsLeft({ ...later, total: 0 }, rate), null);
});

test("the log says what is new, each thing once", () => {
  const run = {
    state: "queued",
    owner: "ann",
    hardware: "cpu",
    fence: 0,
    attempt: 0,
    worker: null,
    progress: null,
    result: null,
    error: null,
    warnings: [] as string[],
    created_at: "2026-01-01T00:00:00Z",
    started_at: null as string | null,
    finished_at: null as string | null,
  };
  const began = {
    ...run,
    state: "running",
    fence: 1,
    attempt: 1,
    worker: "w1",
    started_at: "2026-01-01T00:00:01Z",
  };
  const works = { ...began, progress, warnings: ["No GPU."] };
  const done = {
    ...works,
    state: "succeeded",
    finished_at: "2026-01-01T00:00:09Z",
    result: { notes: ["A note."] },
  };
  const texts = (before: unknown, now: unknown) =>
    newsOf(before as never, now as never, "2026-01-01T00:00:05Z").map(({ text }) => text);
  assert.deepEqual(texts(null, run), ["Submitted by ann, for a cpu worker"]);
  assert.deepEqual(texts(run, began), ["Attempt 1 begins on w1"]);
  assert.deepEqual(texts(began, works), ["merge: 10 tensors", "No GPU."]);
  assert.deepEqual(texts(works, { ...works, progress: { ...progress, done: 3 } }), []);
  assert.deepEqual(texts(works, done), ["A note.", "Succeeded"]);
  assert.deepEqual(texts(null, done), [
    "Submitted by ann, for a cpu worker",
    "Attempt 1 begins on w1",
    "No GPU.",
    "A note.",
    "Succeeded",
  ]);
  const lost = { ...began, state: "queued", error: { message: "The worker vanished." } };
  assert.deepEqual(texts(began, lost), ["Back in the queue: The worker vanished."]);
  const second = { ...lost, state: "running", fence: 2, attempt: 2, worker: "w2" };
  assert.deepEqual(texts(lost, second), ["Attempt 2 begins on w2"]);
  const failed = {
    ...second,
    state: "failed",
    finished_at: "2026-01-01T00:01:00Z",
    error: { message: "It broke." },
  };
  assert.deepEqual(texts(second, failed), ["It broke."]);
  assert.deepEqual(texts(failed, { ...failed, state: "queued", finished_at: null }), [
    "Queued again",
  ]);
});

test("what a tensor's difference is, in words", () => {
  const tensor = { dtype: "BF16", shape: [2, 3], sha256: "a" };
  const one = { name: "t", made: tensor, again: tensor, elements: 2, largest: 0.015625 };
  assert.equal(differenceOf(one), "2 elements differ, by at most 0.0156");
  assert.equal(differenceOf({ ...one, elements: null, largest: null }), "other values");
  assert.equal(
    differenceOf({ ...one, again: { ...tensor, dtype: "F32" } }),
    "BF16 2 × 3 when it was made, F32 2 × 3 now",
  );
  assert.equal(differenceOf({ ...one, again: null }), "only the first merge has it");
});

test("items are counted by their scores, the best first", () => {
  assert.deepEqual(countsOf({ a: 0, b: 1, c: 1 }), [
    [1, 2],
    [0, 1],
  ]);
});
