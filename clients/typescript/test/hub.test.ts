// Tests against a running hub, which MERGEHUB_URL and MERGEHUB_TOKEN name.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HubProblem, Mergehub, etag, ifMatch, ifNoneMatch, isFinal } from "@mergehub/client";
import type { Recipe, Run } from "@mergehub/client";

const { MERGEHUB_URL: url = "", MERGEHUB_TOKEN: token = "" } = process.env;
const hub = new Mergehub({ url, token });

const soup = (weight: number) => `
merge_method: linear
models:
  - {model: left, parameters: {weight: ${weight}}}
  - {model: right, parameters: {weight: 0.5}}
`;
const recipes = ["ts-one", "ts-two", "ts-three"];

async function refusal(asked: Promise<unknown>): Promise<HubProblem> {
  const error = await asked.then(
    () => assert.fail("It was not refused."),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof HubProblem);
  return error;
}

test("a published recipe is merged, and followed to its end", async () => {
  const published = await hub.post("/v1/recipes", {
    body: { name: "ts-soup", recipe: soup(0.5), title: "Soup" },
  });
  const run = await hub.post("/v1/runs", {
    body: { kind: "merge", recipe_version: published.version.id, model_name: "ts/soup" },
  });
  const seen: Run[] = [];
  for await (const each of hub.follow(run.id)) seen.push(each);
  assert.equal(seen.at(-1)?.state, "succeeded");
  assert.ok(seen.every((each, at) => at === 0 || each.revision > seen[at - 1]!.revision));
  assert.deepEqual(seen.map(isFinal).indexOf(true), seen.length - 1);
  for await (const _ of hub.follow(run.id, { after: seen.at(-1)!.revision })) {
    assert.fail("Nothing comes after the end.");
  }
});

test("pages follow their cursors through the whole list", async () => {
  for (const name of recipes) {
    await hub.post("/v1/recipes", { body: { name, recipe: soup(0.25), tags: ["typescript"] } });
  }
  const names: string[] = [];
  const query = { tag: ["typescript"], limit: 1 };
  for await (const recipe of hub.pages("/v1/recipes", { params: { query } })) {
    names.push(recipe.name);
  }
  assert.deepEqual(names.sort(), [...recipes].sort());
});

test("a refusal is a typed problem with each fault's place", async () => {
  const recipe = soup(0.5).replace("weight", "wieght");
  const problem = await refusal(hub.post("/v1/recipes", { body: { name: "ts-wrong", recipe } }));
  assert.equal(problem.status, 422);
  assert.equal(problem.code, "recipe-invalid");
  assert.ok(problem.requestId);
  const [fault] = problem.errors;
  assert.match(fault?.pointer ?? "", /wieght/);
  assert.match(fault?.suggestion ?? "", /weight/);
});

test("the same key takes effect once", async () => {
  const submit = () =>
    hub.post("/v1/runs", {
      body: { kind: "evaluate", model: "base", benchmarks: ["next"], hardware: "gpu" },
      params: { header: { "Idempotency-Key": "typescript-1" } },
    });
  const [first, second] = [await submit(), await submit()];
  assert.equal(first.id, second.id);
  const params = { path: { run_id: first.id } };
  assert.equal((await hub.post("/v1/runs/{run_id}/cancel", { params })).state, "cancelled");
});

test("a change is refused if another change came first", async () => {
  const read = () => hub.pages("/v1/recipes", { params: { query: { name: ["ts-soup"] } } }).next();
  const listed: Recipe = (await read()).value;
  const path = { recipe_id: listed.id };
  const recipe = await hub.get("/v1/recipes/{recipe_id}", { params: { path } });
  const change = (title: string) =>
    hub.patch("/v1/recipes/{recipe_id}", {
      params: { path, header: ifMatch(recipe) },
      body: { title },
    });
  const changed = await change("Mine");
  assert.equal(changed.title, "Mine");
  assert.equal((await refusal(change("Too late"))).code, "precondition-failed");
  assert.notEqual(etag(changed), etag(recipe));
  const header = ifNoneMatch(changed);
  const again = hub.get("/v1/recipes/{recipe_id}", { params: { path, header } });
  assert.equal((await refusal(again)).status, 304);
});

test("the types refuse what the hub would refuse", () => {
  // Only compiled, not run: without the comment above it, each line would be an error.
  const never = async () => {
    // @ts-expect-error the path does not exist
    await hub.get("/v1/recipies");
    // @ts-expect-error a recipe has a text
    await hub.post("/v1/recipes", { body: { name: "a" } });
    // @ts-expect-error a run has an id and no name
    await hub.get("/v1/runs/{run_id}", { params: { path: { name: "a" } } });
    // @ts-expect-error the state does not exist
    hub.pages("/v1/runs", { params: { query: { state: "lost" } } });
    // @ts-expect-error a run is not a list
    hub.pages("/v1/runs/{run_id}", { params: { path: { run_id: "a" } } });
    const { state } = await hub.get("/v1/runs/{run_id}", { params: { path: { run_id: "a" } } });
    // @ts-expect-error a state is one of five words
    state satisfies "queued";
    const text: string = await hub.get("/v1/recipes/{recipe_id}/versions/{number}/source", {
      params: { path: { recipe_id: "a", number: 1 } },
      parseAs: "text",
    });
    return text;
  };
  assert.ok(never);
});
