import { hub } from "./hub.ts";

const EVERY_MS = 500;

/**
 * Calls `changed` soon after the graph has changed, as long as the page is visible; returns how to
 * stop. A hub that does not answer for a while is asked again.
 */
export function watchGraph(changed: () => void): () => void {
  const stopped = new AbortController();
  let known: number | null = null;

  async function look(): Promise<void> {
    if (document.hidden) return;
    const now = await asOf(stopped.signal).catch(() => null);
    if (now === null || stopped.signal.aborted) return;
    if (known !== null && now !== known) changed();
    known = now;
  }

  async function keepLooking(): Promise<void> {
    await look();
    if (!stopped.signal.aborted) setTimeout(() => void keepLooking(), EVERY_MS);
  }

  void keepLooking();
  return () => stopped.abort();
}

/** The last change that the hub's graph takes into account. */
async function asOf(signal: AbortSignal): Promise<number> {
  const params = { query: { limit: 1 } };
  return (await hub.get("/v1/graph/popular", { params, signal })).as_of;
}
