import assert from "node:assert/strict";
import { test } from "node:test";
import { HubProblem } from "@mergehub/client";
import { isAway, sentence } from "../src/hub/failures.ts";

const problem = (status: number, code: string, detail: string) =>
  new HubProblem({ type: "/docs/problems/x", title: "T", status, code, detail, errors: [] });
const invalid = { type: "/docs/problems/x", title: "T", status: 422, code: "invalid", detail: "" };

test("what is wrong with something that was sent is said as the hub says it", () => {
  assert.equal(
    sentence(problem(422, "unreadable-file", "empty.csv is empty.")),
    "empty.csv is empty.",
  );
  const unknown = "No full result of 'zz/unknown' is known.";
  assert.equal(sentence(problem(404, "no-results", unknown)), unknown);
  assert.match(sentence(problem(422, "invalid", "Not valid: /query/sort.")), /page's address/);
});

test("a value that the hub does not take is named, with what was meant", () => {
  const fault = {
    pointer: "/query/method",
    code: "unknown_method",
    detail: "no model was made by the method 'tise'",
    suggestion: "did you mean 'ties'?",
    line: null,
  };
  const refused = { ...invalid, errors: [fault, { ...fault, detail: "x", suggestion: null }] };
  assert.equal(
    sentence(new HubProblem(refused)),
    "The hub does not take a part of this page's address. method: no model was made by the " +
      "method 'tise' (did you mean 'ties'?); method: x.",
  );
});

test("a part of the pages that cannot be loaded is waited for, as the hub is", () => {
  assert.ok(isAway(new TypeError("Failed to fetch")));
  assert.ok(isAway(new Error("Unable to preload CSS for /assets/Models.css")));
  assert.ok(!isAway(new Error("anything else")));
});
