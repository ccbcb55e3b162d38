import { connection } from "../hub/connection.svelte.ts";
import { isAway } from "../hub/failures.ts";
import { readGraph } from "../hub/graph/reading.ts";
import { keepCurrent } from "../hub/live/news.svelte.ts";
import type { GraphAnswer } from "./graph.ts";
import { missingSteps } from "./growing/joining.ts";
import { withNeighbours } from "./growing/merging.ts";
import { type Neighbours, neighboursOf } from "./growing/neighbours.ts";

/** What the hub answers to the question of the map, which changes, and as the graph changes. */
export class Reading {
  loading = $state(true);
  failure = $state.raw<unknown>(null);
  /** What was answered last. */
  question = $state.raw("");
  #plain = $state.raw<GraphAnswer | null>(null);
  /** What joins the models of a path to the map. */
  #joints = $state.raw<readonly Neighbours[]>([]);
  #again = $state(0);

  /** The last answer, and with it a path that it lacks. */
  readonly answer = $derived(this.#plain && this.#joints.reduce(withNeighbours, this.#plain));
  /** Whether a path has been joined to the answer. */
  readonly joined = $derived(this.#joints.length > 0);

  constructor(questionOf: () => string, pathOf: () => readonly string[]) {
    $effect(() => {
      const question = questionOf();
      void this.#again;
      void connection.returns;
      const asked = new AbortController();
      void this.#load(question, asked.signal);
      return () => asked.abort();
    });
    $effect(() => {
      const [answer, path] = [this.#plain, pathOf()];
      const asked = new AbortController();
      if (answer) void this.#join(answer, path, asked.signal);
      return () => asked.abort();
    });
    keepCurrent({
      shown: () => this.#plain,
      busy: () => this.loading,
      read: () => this.again(),
    });
  }

  again(): void {
    this.#again += 1;
  }

  async #load(question: string, signal: AbortSignal): Promise<void> {
    this.loading = true;
    try {
      const [query, open] = JSON.parse(question);
      const [answer, opened] = await Promise.all([
        readGraph(query, signal),
        neighboursOf(open, query, signal),
      ]);
      if (signal.aborted) return;
      this.#plain = opened.reduce(withNeighbours, answer);
      this.question = question;
      this.failure = null;
    } catch (error) {
      if (!signal.aborted) this.#fail(error, question);
    } finally {
      if (!signal.aborted) this.loading = false;
    }
  }

  /** A picture stays while the hub is away; the page says that it may be out of date. */
  #fail(error: unknown, question: string): void {
    if (!isAway(error) || this.question !== question) this.failure = error;
  }

  async #join(answer: GraphAnswer, path: readonly string[], signal: AbortSignal): Promise<void> {
    const joints = await missingSteps(answer, path, signal).catch(() => []);
    if (!signal.aborted && (joints.length || this.#joints.length)) this.#joints = joints;
  }
}
