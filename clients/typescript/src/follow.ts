import { events } from "./events.js";
import type { Mergehub } from "./hub.js";
import { pause } from "./pause.js";
import { HubProblem } from "./problem.js";
import { Quiet, Watch } from "./quiet.js";
import type { Run } from "./types.js";

export interface FollowOptions {
  /** Stops following, with the signal's reason. */
  signal?: AbortSignal;
  /** The revision that is known already: only later ones are yielded. */
  after?: number;
  /** After how many silent seconds a stream counts as dead; the hub sends something every 15 s. */
  quietSeconds?: number;
}

type Sign = Run | "alive" | "ended";

const FINAL = new Set(["succeeded", "failed", "cancelled"]);
const POLL_SECONDS = 25;
const LONGEST_PAUSE_SECONDS = 5;
const SILENT_STREAMS = 2; // after this number, a proxy probably holds streams back

class NoStream extends Error {}

/** Whether a run is over. */
export function isFinal(run: Run): boolean {
  return FINAL.has(run.state);
}

/** Yields each change of a run until its end, across lost connections and restarts of the hub. */
export async function* follow(
  hub: Mergehub,
  id: string,
  { signal, after = 0, quietSeconds = 30 }: FollowOptions,
): AsyncGenerator<Run, void> {
  let seen = after;
  let silent = 0;
  let wait = 0.2;
  for (;;) {
    const streaming = silent < SILENT_STREAMS;
    const signs = streaming
      ? streamed(hub, id, seen, quietSeconds, signal)
      : polled(hub, id, seen, signal);
    try {
      silent += 1;
      for await (const sign of signs) {
        if (streaming) silent = 0;
        wait = 0.2;
        if (sign === "ended") return;
        if (sign === "alive" || sign.revision <= seen) continue;
        seen = sign.revision;
        yield sign;
        if (isFinal(sign)) return;
      }
    } catch (error) {
      if (error instanceof NoStream) silent = SILENT_STREAMS;
      else if (!(error instanceof Quiet)) {
        if (signal?.aborted || seen === after || !passes(error)) throw error;
        silent = 0; // the hub does not answer, so no proxy holds the stream back
      }
    }
    await pause(wait, signal);
    wait = Math.min(2 * wait, LONGEST_PAUSE_SECONDS);
  }
}

/** Yields the signs of one stream of server-sent events. */
async function* streamed(
  hub: Mergehub,
  run_id: string,
  seen: number,
  quietSeconds: number,
  signal?: AbortSignal,
): AsyncGenerator<Sign> {
  const watch = new Watch(quietSeconds, signal);
  try {
    const { data, response } = await hub.http.GET("/v1/runs/{run_id}/events", {
      params: { path: { run_id }, header: seen ? { "last-event-id": String(seen) } : {} },
      headers: { Accept: "text/event-stream" },
      parseAs: "stream",
      signal: watch.signal,
    });
    if (response.status === 204) yield "ended";
    else if (!data || !isEventStream(response)) throw new NoStream();
    else {
      for await (const told of events(data)) {
        watch.alive();
        yield parsed(told);
      }
    }
  } finally {
    watch.end();
  }
}

function isEventStream(response: Response): boolean {
  return response.headers.get("Content-Type")?.startsWith("text/event-stream") ?? false;
}

function parsed(told: string | null): Sign {
  return told === null ? "alive" : (JSON.parse(told) as Run);
}

/** Asks once; the hub answers at the next change, or after a while. */
async function* polled(
  hub: Mergehub,
  run_id: string,
  seen: number,
  signal?: AbortSignal,
): AsyncGenerator<Sign> {
  const header = { "If-None-Match": `"${seen}"` };
  const params = { path: { run_id }, query: { wait: POLL_SECONDS }, header };
  try {
    yield await hub.get("/v1/runs/{run_id}", { params, signal: signal ?? null });
  } catch (error) {
    if (!(error instanceof HubProblem && error.status === 304)) throw error;
    yield "alive";
  }
}

/** Whether an error is temporary: one of the network, or one that the hub recovers from. */
function passes(error: unknown): boolean {
  if (error instanceof HubProblem) return error.status >= 500 || error.status === 429;
  return error instanceof TypeError;
}
