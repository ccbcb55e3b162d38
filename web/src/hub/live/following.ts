import type { Answer } from "@mergehub/client";
import { hub } from "../hub.ts";

const WAIT_SECONDS = 25;
const LEAST_MS = 300; // between two questions while the graph changes all the time
const AWAY_MS = 2_000;

export type GraphState = Pick<Answer<"get", "/v1/graph/changes">, "as_of" | "scores_as_of">;

/**
 * Tells how new the hub's graph is, now and as soon as it or a score has changed; returns how to
 * stop, after which nothing is told any more. The hub is asked again if it does not answer.
 */
export function followGraph(tell: (now: GraphState) => void): () => void {
  const stopped = new AbortController();
  void follow(tell, stopped.signal);
  return () => stopped.abort();
}

export function isNewer(now: GraphState, shown: GraphState): boolean {
  return now.as_of > shown.as_of || now.scores_as_of !== shown.scores_as_of;
}

async function follow(tell: (now: GraphState) => void, signal: AbortSignal): Promise<void> {
  let known: GraphState | null = null;
  while (!signal.aborted) {
    const asked = performance.now();
    const now: GraphState | null = await next(known, signal).catch(() => null);
    if (signal.aborted) return;
    if (now) tell(now);
    known = now ?? known;
    await pause(now ? LEAST_MS - (performance.now() - asked) : AWAY_MS, signal);
  }
}

/** How new the hub's graph is, as soon as it is newer than what is known. */
async function next(known: GraphState | null, signal: AbortSignal): Promise<GraphState> {
  const { as_of, scores_as_of } = known ?? {};
  const query = known ? { as_of, ...(scores_as_of && { scores_as_of }), wait: WAIT_SECONDS } : {};
  return hub.get("/v1/graph/changes", { params: { query }, signal });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
