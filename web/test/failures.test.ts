import assert from "node:assert/strict";
import { test } from "node:test";
import { HubProblem } from "@mergehub/client";
import { isAway, sentence } from "../src/hub/failures.ts";

const problem = (status: number, code: string, detail: string) =>
  new HubProblem({ type: "/docs/problems/x", title: "T", status, code, detail, errors: [] });

test("what is wrong with something that was sent is said as the hub says it", () => {
  assert.equal(
    sentence(problem(422, "unreadable-file", "empty.csv is empty.")),
    "empty.csv is empty.",
  );
  const unknown = "No full result of 'zz/unknown' is known.";
  assert.equal(sentence(problem(404, "no-results", unknown)), unknown);
  assert.match(sentence(problem(422, "invalid", "Not valid: /query/sort.")), /page's address/);
});

test("a part of the pages that cannot be loaded is waited for, as the hub is", () => {
  assert.ok(isAway(new TypeError("Failed to fetch")));
  assert.ok(isAway(new Error("Unable to preload CSS for /assets/Models.css")));
  assert.ok(!isAway(new Error("anything else")));
});
