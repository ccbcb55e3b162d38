// The example of the documentation, given a request that a hub has sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { handle } from "./example.js";

test("it accepts what came, and nothing else", () => {
  const { body, headers } = JSON.parse(process.env.REQUEST);
  assert.equal(handle(body, headers), 204);
  assert.equal(handle(`${body} `, headers), 400);
  assert.equal(handle(body, {}), 400);
});
