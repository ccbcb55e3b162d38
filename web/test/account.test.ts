import assert from "node:assert/strict";
import { test } from "node:test";
import { HubProblem } from "@mergehub/client";
import { choicesOf, remarkOf } from "../src/account/expiry.ts";
import { grantable, may } from "../src/account/scopes.ts";
import { type AccountState, addressOf, FIRST, readState } from "../src/account/state.ts";
import { changeOf, formOf, type WebhookForm } from "../src/account/webhooks/form.ts";
import { healthOf } from "../src/account/webhooks/health.ts";
import { chosenTypes, nextLook, OFFERED, timeOf, typesOf } from "../src/account/webhooks/words.ts";
import type { Delivery, Webhook } from "../src/hub/account/webhooks.ts";
import { sentence } from "../src/hub/failures.ts";
import { readPages } from "../src/hub/pages.ts";
import { refusalOf } from "../src/hub/refusals.ts";

const NOW = Date.parse("2026-11-30T12:00:00Z");
const read = (address: string) => readState(new URL(address, "http://hub").searchParams);

test("every state survives in the address, and a wrong one is as at first", () => {
  const everything: AccountState = {
    show: "webhooks",
    webhook: "w",
    deliveries: "failed",
    delivery: 12,
    organisation: "merge-lab",
    account: "ann",
    action: "token.revoked",
    subject: "runs/1",
  };
  assert.deepEqual(read(addressOf(everything)), everything);
  assert.deepEqual(Object.keys(everything).sort(), Object.keys(FIRST).sort());
  assert.equal(addressOf({}), "/account");
  assert.deepEqual(read("/account?show=odd&delivery=-1&deliveries=none&webhook="), FIRST);
});

test("a person gives away no scope that the person lacks", () => {
  assert.deepEqual(grantable({ scopes: ["runs:submit", "recipes:read"] }), [
    "recipes:read",
    "runs:submit",
  ]);
  assert.equal(grantable({ scopes: ["admin"] }).length, 13);
  assert.ok(may({ scopes: ["admin"] }, "worker"));
  assert.ok(!may({ scopes: ["recipes:write"] }, "worker"));
});

test("a token offers no end after that of the token that makes it; a session's tokens outlast it", () => {
  const ends = choicesOf("2026-12-08T12:00:00Z", NOW).map(({ label }) => label);
  assert.deepEqual(ends, ["in a day", "in a week", "when the token expires that you use now"]);
  const free = choicesOf(null, NOW);
  assert.deepEqual(free.at(-1), { seconds: null, label: "never" });
  assert.deepEqual(free[2], { seconds: 30 * 86_400, label: "in 30 days" });
  assert.equal(remarkOf("2026-11-30T11:59:59Z", NOW), "expired");
  assert.equal(remarkOf("2026-12-01T12:00:00Z", NOW), "soon");
  assert.equal(remarkOf("2027-11-30T12:00:00Z", NOW), null);
  assert.equal(remarkOf(null, NOW), null);
});

const works: Webhook = {
  id: "w",
  owner: "ann",
  url: "https://example.org/hook",
  description: "",
  types: [],
  format: "standard",
  ordered: false,
  signature: "v1",
  public_key: null,
  has_bearer_token: false,
  enabled: true,
  disabled_at: null,
  disabled_reason: null,
  failing_since: null,
  paused_until: null,
  previous_until: null,
  created_at: "2026-11-01T00:00:00Z",
};

test("the health of a webhook is said in words", () => {
  assert.equal(healthOf(works, NOW).word, "Works");
  const failing = { ...works, failing_since: "2026-11-30T10:00:00Z" };
  assert.equal(healthOf(failing, NOW).word, "Fails");
  assert.match(healthOf(failing, NOW).sentence, /nothing since 2026-11-30 10:00 UTC/);
  const paused = { ...failing, paused_until: "2026-11-30T12:01:00Z" };
  assert.equal(healthOf(paused, NOW).word, "Pauses");
  assert.equal(healthOf({ ...paused, paused_until: "2026-11-30T11:00:00Z" }, NOW).word, "Fails");
  const gone = { ...works, disabled_at: "2026-11-30T10:00:00Z", disabled_reason: "gone" };
  assert.match(healthOf(gone, NOW).sentence, /^Disabled because the receiver answered 410 Gone/);
  assert.equal(typesOf(works), "all events");
  assert.ok(!OFFERED.some(([type]) => type === "webhook.test"));
  assert.deepEqual(chosenTypes(["run.failed", "odd"]), ["run.failed"]);
});

test("a waiting delivery is looked at often once it is due soon, and seldom before", () => {
  const delivery = (state: Delivery["state"], due_at: string) => ({ state, due_at }) as Delivery;
  assert.equal(nextLook([], NOW), null);
  assert.equal(nextLook([delivery("failed", "2026-11-30T12:00:00Z")], NOW), null);
  assert.equal(nextLook([delivery("pending", "2026-11-30T11:00:00Z")], NOW), 1000);
  assert.equal(nextLook([delivery("pending", "2026-11-30T12:01:05Z")], NOW), 1000);
  assert.equal(nextLook([delivery("pending", "2026-12-01T12:00:00Z")], NOW), 60_000);
  assert.equal(timeOf(""), null);
  assert.match(timeOf("2026-11-30T12:00") ?? "", /^2026-\S+:00\.000Z$/);
});

test("a list is read page by page, and no further than it goes", async () => {
  const pages = [[1, 2], [3, 4], [5]];
  const ask = (cursor: string | null) => {
    const next = Number(cursor) + 1;
    const items = pages[Number(cursor)] ?? [];
    return Promise.resolve({ items, next_cursor: next < pages.length ? String(next) : null });
  };
  const { signal } = new AbortController();
  assert.deepEqual(await readPages(ask, null, 1, signal), { items: [1, 2], next_cursor: "1" });
  assert.deepEqual(await readPages(ask, "1", 1, signal), { items: [3, 4], next_cursor: "2" });
  const all = { items: [1, 2, 3, 4, 5], next_cursor: null };
  assert.deepEqual(await readPages(ask, null, 9, signal), all);
});

const problem = (status: number, code: string, detail: string, errors: HubProblem["errors"] = []) =>
  new HubProblem({
    type: "/docs/problems/x",
    title: "T",
    status,
    code,
    detail,
    errors: [...errors],
  });
const fault = (pointer: string, detail: string, suggestion: string | null = null) => ({
  pointer,
  code: "x",
  detail,
  suggestion,
  line: null,
});

const LABELS = { name: "Name", scopes: "What it may do" };

test("what is wrong is said at the fields, and the summary names these by their labels", () => {
  const wrong = problem(422, "token-invalid", "Not valid: /scopes/0, /scopes/1, /name.", [
    fault("/scopes/0", "There is no scope 'recipe:write'.", "did you mean 'recipes:write'?"),
    fault("/name", "must be a name"),
    fault("/scopes/1", "is unknown"),
  ]);
  assert.deepEqual(refusalOf(wrong, LABELS), {
    fields: {
      name: "It must be a name.",
      scopes: "There is no scope 'recipe:write' (did you mean 'recipes:write'?). It is unknown.",
    },
    said: "Look again at Name and What it may do.",
    others: [],
  });
  const one = problem(422, "invalid", "Not valid: /name.", [fault("/name", "must be a name")]);
  assert.equal(refusalOf(one, { name: "Name" }).said, null, "the one field says it all");
});

test("what is wrong with no field is said by its name, and once", () => {
  const errors = [fault("/name", "must be a name"), fault("/query/limits/2", "is too much")];
  const wrong = problem(422, "invalid", "Not valid: /name, /query/limits/2.", errors);
  assert.deepEqual(refusalOf(wrong, LABELS), {
    fields: { name: "It must be a name." },
    said: "Look again at Name. The hub does not take this:",
    others: ["limits: is too much"],
  });
  const run = [fault("/run", "The run has not succeeded.")];
  const again = problem(422, "run-invalid", "The run has not succeeded. Wait for it.", run);
  assert.deepEqual(refusalOf(again, {}), {
    fields: {},
    said: "The run has not succeeded. Wait for it.",
    others: [],
  });
});

test("a problem that can be about one field only is said there", () => {
  const taken = problem(409, "token-name-taken", "'ci' is taken.");
  assert.equal(refusalOf(taken, LABELS).fields.name, "'ci' is taken.");
  assert.equal(refusalOf(taken, { scopes: "Scopes" }).said, "'ci' is taken.");
  const member = problem(422, "invalid", "Not valid: /path/person.", [
    fault("/path/person", "must be a handle"),
  ]);
  assert.equal(refusalOf(member, { person: "Person" }).fields.person, "It must be a handle.");
});

test("what is no fault of the form is said for people", () => {
  const said = (error: unknown) => refusalOf(error, LABELS).said;
  assert.equal(said(null), null);
  assert.equal(said(problem(403, "quota-exceeded", "Too many.")), "Too many.");
  assert.equal(said(problem(401, "unauthenticated", "No.")), "Sign in to see or do this.");
  assert.match(said(problem(412, "precondition-failed", "If-Match")) ?? "", /has changed this/);
  assert.match(said(problem(500, "internal", "At row 3.")) ?? "", /failed within the hub/);
  assert.equal(said(new TypeError("Failed to fetch")), "The hub does not answer.");
});

test("what was sent and is not valid is not called a part of the address", () => {
  const body = problem(422, "invalid", "Not valid.", [fault("/url", "is missing")]);
  assert.match(sentence(body), /^The hub does not take what was sent\. url: is missing\.$/);
  const id = { ...fault("/path/webhook_id", "must be an id"), code: "uuid_parsing" };
  assert.match(sentence(problem(422, "invalid", "Not valid.", [id])), /webhook_id: must be an id/);
});

test("an edit changes of a webhook what one changed, and nothing else", () => {
  const read = {
    url: "https://ci.example.org/hooks",
    description: "CI",
    types: ["run.failed", "run.succeeded"],
    ordered: false,
    has_bearer_token: true,
  } as Webhook;
  const change = (wanted: Partial<WebhookForm>) => changeOf(read, { ...formOf(read), ...wanted });
  assert.deepEqual(change({}), {});
  assert.deepEqual(change({ types: ["run.succeeded", "run.failed"] }), {}, "their order is none");
  assert.deepEqual(change({ url: ` ${read.url} ` }), {});
  assert.deepEqual(change({ types: [] }), { types: [] });
  assert.deepEqual(change({ url: "https://x.org/", ordered: true }), {
    url: "https://x.org/",
    ordered: true,
  });
  assert.deepEqual(change({ bearer_token: "t" }), { bearer_token: "t" });
  assert.deepEqual(change({ without_token: true }), { bearer_token: "" });
  assert.deepEqual(change({ bearer_token: "t", without_token: true }), { bearer_token: "" });
});
