import { untrack } from "svelte";
import { isSeen } from "../../app/window.ts";
import { followGraph, type GraphState, isNewer } from "./following.ts";

/** What shows a graph. */
export interface Showing {
  /** How new the graph is that it shows; null if it shows none. */
  shown(): GraphState | null;
  /** Whether it is just reading a graph. */
  busy(): boolean;
  /** Reads the graph again. */
  read(): void;
}

/** Has a component read its graph again as soon as the hub's is newer and somebody looks. */
export function keepCurrent({ shown, busy, read }: Showing): void {
  let news = $state.raw<GraphState | null>(null);
  $effect(() =>
    followGraph((now) => {
      news = now;
    }),
  );
  // A graph that is just being read must be there first, or none ever is while many change.
  $effect(() => {
    const graph = shown();
    if (!news || !graph || busy() || !isSeen()) return;
    const newer = isNewer(news, graph);
    news = null;
    if (newer) untrack(read);
  });
}
