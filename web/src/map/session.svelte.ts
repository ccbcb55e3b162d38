import { address } from "../app/address.svelte.ts";
import { readGraph } from "../hub/graph.ts";
import { watchGraph } from "../hub/live.ts";
import { Graph, type GraphAnswer } from "./graph.ts";
import { withNeighbours } from "./merging.ts";
import { addressOf, type MapState, questionOf, readState } from "./state.ts";

/** What the page of the map shows: its state, which the address has, and the graph. */
export class MapSession {
  readonly state: MapState = $derived(readState(address.query));
  graph = $state.raw<Graph | null>(null);
  failure = $state.raw<unknown>(null);
  loading = $state(true);
  /** The models of the path that is shown, from one end to the other. */
  path = $state.raw<readonly string[]>([]);
  /** Whether the next model that is pressed is the other end of a path. */
  picking = $state(false);
  #question = $derived(JSON.stringify([questionOf(this.state), this.state.open]));
  #again = $state(0);

  /** A byte per node and cluster: whether it is important enough to be shown. */
  readonly visible = $derived.by(() => {
    const { graph } = this;
    if (!graph) return new Uint8Array();
    const least = this.state.least / 100;
    const kept = new Set([graph.focus, this.selected, this.target]);
    return Uint8Array.from(graph.importance, (each, node) =>
      each >= least || kept.has(node) ? 1 : 0,
    );
  });

  readonly selected = $derived(this.#index(this.state.model));
  readonly target = $derived(this.#index(this.state.to));

  constructor() {
    $effect(() => {
      const [query, open] = JSON.parse(this.#question);
      void this.#again;
      const asked = new AbortController();
      void this.#load(query, open, asked.signal);
      return () => asked.abort();
    });
    $effect(() =>
      watchGraph({
        shown: () => this.graph?.answer ?? null,
        busy: () => this.loading,
        read: () => this.retry(),
      }),
    );
  }

  /** Goes to another state. A way back leads to this one, unless `replace`. */
  go(change: Partial<MapState>, { replace = false } = {}): void {
    address.go(addressOf({ ...this.state, ...change }), { replace });
  }

  /** Makes another model the middle of the map. */
  focus(id: string | null): void {
    this.go({ focus: id, model: id, to: null, open: [], siblings: null });
  }

  /** Picks the other end of a path from the model of the panel. */
  pick(to: string): void {
    this.picking = false;
    this.go({ model: this.state.model ?? this.state.focus, to });
  }

  /** Shows a path from one model to another, both of which are then picked. */
  showPath(path: readonly { id: string }[]): void {
    const [first, last] = [path[0], path.at(-1)];
    if (first && last) this.go({ model: first.id, to: last.id });
  }

  retry(): void {
    this.#again += 1;
  }

  async #load(query: ReturnType<typeof questionOf>, open: string[], signal: AbortSignal) {
    this.loading = true;
    this.failure = null;
    try {
      const answer = await readGraph(query, signal);
      const opened = await Promise.all(open.map((focus) => neighbours(focus, signal)));
      if (signal.aborted) return;
      const merge = (graph: GraphAnswer, [focus, more]: [string, GraphAnswer]) =>
        withNeighbours(graph, more, focus);
      this.graph = new Graph(opened.reduce(merge, answer));
    } catch (error) {
      if (!signal.aborted) this.failure = error;
    } finally {
      if (!signal.aborted) this.loading = false;
    }
  }

  #index(id: string | null): number | null {
    return id === null ? null : (this.graph?.indexOf(id) ?? null);
  }
}

/** The models next to one, all of them shown one by one as far as there is room. */
async function neighbours(focus: string, signal: AbortSignal): Promise<[string, GraphAnswer]> {
  return [focus, await readGraph({ focus, depth: 1, limit: 300, collapse: 40 }, signal)];
}
