import type { Answer } from "@mergehub/client";
import { hub } from "./hub.ts";

const WAIT_SECONDS = 25;
const LEAST_MS = 300; // between two looks while the graph changes all the time
const AWAY_MS = 2_000;

export type GraphState = Pick<Answer<"get", "/v1/graph/changes">, "as_of" | "scores_as_of">;

/** What shows a graph. */
export interface Watching {
  /** How new the graph is that it shows; null if it shows none. */
  shown(): GraphState | null;
  /** Whether it is just reading a graph. */
  busy(): boolean;
  /** Reads the graph again. */
  read(): void;
}

/**
 * Has the graph read again as soon as it or a score has changed, as long as the page is visible;
 * returns how to stop. The hub is asked again if it does not answer.
 */
export function watchGraph(watching: Watching): () => void {
  const stopped = new AbortController();
  void follow(watching, stopped.signal);
  return () => stopped.abort();
}

async function follow(watching: Watching, signal: AbortSignal): Promise<void> {
  let known: GraphState | null = null;
  while (!signal.aborted) {
    const now: GraphState | null = await next(known, signal).catch(() => null);
    // A graph that is just being read must be there first, or none ever is while many change.
    while (!signal.aborted && (document.hidden || watching.busy())) await pause(LEAST_MS);
    const shown = watching.shown();
    if (now && shown && !signal.aborted && isNewer(now, shown)) watching.read();
    known = now ?? known;
    await pause(now ? LEAST_MS : AWAY_MS);
  }
}

/** How new the hub's graph is, as soon as it is newer than what is known. */
async function next(known: GraphState | null, signal: AbortSignal): Promise<GraphState> {
  const { as_of, scores_as_of } = known ?? {};
  const query = known ? { as_of, ...(scores_as_of && { scores_as_of }), wait: WAIT_SECONDS } : {};
  return hub.get("/v1/graph/changes", { params: { query }, signal });
}

function isNewer(now: GraphState, shown: GraphState): boolean {
  return now.as_of > shown.as_of || now.scores_as_of !== shown.scores_as_of;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
