// Against a server that misbehaves on purpose.
import assert from "node:assert/strict";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { HubProblem, Mergehub } from "@mergehub/client";

type Answer = (answer: ServerResponse, asked: IncomingMessage) => void;

const kind = "evaluate" as const;
const wanted = { body: { kind, model: "base", benchmarks: ["next"] } };

/** A hub whose answers are these, one after the other; and what it was asked. */
async function scripted(t: TestContext, ...answers: Answer[]) {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    const next = answers.shift() ?? refuse(500);
    next(response, request);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { hub: new Mergehub({ url: `http://127.0.0.1:${port}` }), asked };
}

const run = (revision: number, state = "running") =>
  JSON.stringify({ id: "r", kind: "merge", state, revision });
const json =
  (text: string, status = 200): Answer =>
  (answer) =>
    answer.writeHead(status, { "Content-Type": "application/json" }).end(text);
const refuse =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (answer) =>
    answer.writeHead(status, headers).end("<h1>not JSON</h1>");
const lose: Answer = (answer) => answer.destroy();
const stream =
  (text: string, end: (answer: ServerResponse) => void): Answer =>
  (answer) => {
    answer.writeHead(200, { "Content-Type": "text/event-stream" });
    answer.write(text, () => setTimeout(end, 20, answer));
  };
const event = (revision: number, state?: string) =>
  `id: ${revision}\nevent: run\ndata: ${run(revision, state)}\n\n`;
const cut = (answer: ServerResponse) => answer.destroy();
const header = (name: string) => (request: IncomingMessage) => request.headers[name];

async function revisions(hub: Mergehub, quietSeconds?: number): Promise<number[]> {
  const seen = [];
  const options = quietSeconds === undefined ? {} : { quietSeconds };
  for await (const each of hub.follow("r", options)) seen.push(each.revision);
  return seen;
}

test("a POST that creates is sent again under one key", async (t) => {
  const refused = refuse(429, { "Retry-After": "0" });
  const runs = refuse(409, { "Retry-After": "0" });
  const { hub, asked } = await scripted(t, refused, lose, runs, json(run(1), 202));
  assert.equal((await hub.post("/v1/runs", wanted)).revision, 1);
  const keys = asked.map(header("idempotency-key"));
  assert.equal(keys.length, 4);
  assert.equal(new Set(keys).size, 1);
  assert.ok(keys[0]);
});

test("two requests have two keys", async (t) => {
  const { hub, asked } = await scripted(t, json(run(1), 202), json(run(1), 202));
  await hub.post("/v1/runs", wanted);
  await hub.post("/v1/runs", wanted);
  assert.equal(new Set(asked.map(header("idempotency-key"))).size, 2);
});

test("a POST without a key is sent again only if the hub did nothing", async (t) => {
  const refused = refuse(429, { "Retry-After": "0" });
  const { hub, asked } = await scripted(t, refused, refuse(503, { "Retry-After": "0" }));
  const params = { path: { run_id: "r" } };
  await assert.rejects(hub.post("/v1/runs/{run_id}/cancel", { params }), { status: 503 });
  assert.equal(asked.length, 2);
});

test("a lasting failure is given up and reported, even if no hub answered", async (t) => {
  const { hub, asked } = await scripted(t, ...Array(4).fill(refuse(503, { "Retry-After": "0" })));
  const error = await hub.get("/v1/runs").catch((reason: unknown) => reason);
  assert.ok(error instanceof HubProblem);
  assert.deepEqual([error.status, error.code, error.errors], [503, "http-error", []]);
  assert.equal(asked.length, 4);
});

test("no call waits for longer than a minute", async (t) => {
  const { hub } = await scripted(t, refuse(429, { "Retry-After": "3600" }));
  await assert.rejects(hub.get("/v1/runs"), { status: 429 });
});

test("a wait ends when it is aborted", async (t) => {
  const { hub } = await scripted(t, refuse(429, { "Retry-After": "30" }));
  const signal = AbortSignal.timeout(50);
  await assert.rejects(hub.get("/v1/runs", { signal }), { name: "TimeoutError" });
});

test("a stream that is cut continues after the last event", async (t) => {
  const rest = stream(event(2) + event(3) + event(4, "succeeded"), cut);
  const { hub, asked } = await scripted(t, stream(event(1) + event(2), cut), lose, rest);
  assert.deepEqual(await revisions(hub), [1, 2, 3, 4]);
  assert.deepEqual(asked.map(header("last-event-id")), [undefined, "2", "2"]);
});

test("an event that is cut in two is not reported in halves", async (t) => {
  const [text, at] = [event(2, "succeeded"), 40];
  const halves = stream(event(1) + text.slice(0, at), (answer) => answer.end(text.slice(at)));
  const { hub } = await scripted(t, halves);
  assert.deepEqual(await revisions(hub), [1, 2]);
});

test("if no stream comes through, the client polls with a wait", async (t) => {
  const polls = [json(run(1)), refuse(304), json(run(2, "failed"))];
  const { hub, asked } = await scripted(t, json("{}"), ...polls);
  assert.deepEqual(await revisions(hub), [1, 2]);
  assert.deepEqual(asked.slice(1).map(header("if-none-match")), ['"0"', '"1"', '"1"']);
  assert.ok(asked.slice(1).every(({ url }) => url === "/v1/runs/r?wait=25"));
});

test("if a proxy holds streams back, the client polls instead", async (t) => {
  const held: Answer = () => undefined;
  const { hub } = await scripted(t, held, stream("", () => undefined), json(run(2, "cancelled")));
  assert.deepEqual(await revisions(hub, 0.1), [2]);
});

test("a run that does not exist is a problem at once", async (t) => {
  const { hub, asked } = await scripted(t, refuse(404));
  await assert.rejects(revisions(hub), { status: 404 });
  assert.equal(asked.length, 1);
});

test("following ends when it is aborted", async (t) => {
  const { hub } = await scripted(t, stream(event(1), () => undefined));
  const reason = new Error("enough");
  const stop = new AbortController();
  const following = async () => {
    for await (const _ of hub.follow("r", { signal: stop.signal })) stop.abort(reason);
  };
  await assert.rejects(following, reason);
});

test("following ends when the caller stops reading", async (t) => {
  const { hub, asked } = await scripted(t, stream(event(1) + event(2), () => undefined));
  for await (const _ of hub.follow("r")) break;
  const { socket } = asked[0]!;
  await new Promise((closed) => (socket.destroyed ? closed(null) : socket.once("close", closed)));
});

test("white space around a token is ignored, and an invalid token is never shown", async () => {
  let sent: string | null = null;
  const fetch = async (request: Request) => {
    sent = request.headers.get("authorization");
    return Response.json({ items: [], next_cursor: null });
  };
  const url = "http://127.0.0.1:1";
  await new Mergehub({ url, token: " mgh_x\n", fetch }).get("/v1/runs");
  assert.equal(sent, "Bearer mgh_x");
  for (const token of ["mgh_s\ncret", "mgh_s cret", "mgh_s\u0142cret"]) {
    assert.throws(
      () => new Mergehub({ url, token }),
      (error: Error) => /cannot be a token/.test(error.message) && !/mgh_s/.test(error.message),
    );
  }
});

test("a server that is not a hub is named by its address", async (t) => {
  const { hub, asked } = await scripted(t, refuse(404));
  const error = await hub.get("/v1/runs").catch((reason: unknown) => reason);
  assert.ok(error instanceof HubProblem);
  const address = `http://${asked[0]?.headers.host}`;
  assert.match(error.message, /does not look like a Mergehub: it returned 404/);
  assert.ok(error.message.includes(address));
});
