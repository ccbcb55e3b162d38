import { untrack } from "svelte";
import { hub } from "../../hub/hub.ts";
import type { Progress, Run } from "../../hub/runs.ts";
import { type Rate, rateBetween } from "../words.ts";
import { type Entry, newsOf } from "./log.ts";

/** A run, followed live until it ends: its state, its log, and how fast its stage goes. */
export class Followed {
  run = $state.raw<Run | null>(null);
  failure = $state.raw<unknown>(null);
  log = $state.raw<readonly Entry[]>([]);
  rate = $state.raw<Rate | null>(null);
  #stage: Progress | null = null; // the first report of the stage
  #times = $state(0);

  constructor(id: () => string | null) {
    $effect(() => {
      void this.#times;
      const ended = new AbortController();
      const wanted = id();
      if (wanted !== null) untrack(() => void this.#follow(wanted, ended.signal));
      return () => ended.abort();
    });
  }

  /** Follows the run again: after a failure, or once it is queued again. */
  again(): void {
    this.#times += 1;
  }

  /** Takes in a state of the run that another request has answered. */
  take(run: Run): void {
    if (this.run && run.revision <= this.run.revision) return;
    this.log = [...this.log, ...newsOf(this.run, run, new Date().toISOString())];
    this.#measure(run.state === "running" ? run.progress : null);
    this.run = run;
  }

  async #follow(id: string, signal: AbortSignal): Promise<void> {
    this.failure = null;
    if (this.run?.id !== id) this.#forget();
    try {
      const after = this.run?.revision ?? 0;
      for await (const run of hub.follow(id, { signal, after })) this.take(run);
    } catch (error) {
      if (!signal.aborted) this.failure = error;
    }
  }

  #forget(): void {
    this.run = null;
    this.log = [];
    this.#measure(null);
  }

  #measure(now: Progress | null): void {
    if (!now || now.stage !== this.#stage?.stage || now.seconds < this.#stage.seconds) {
      this.#stage = now;
      this.rate = null;
    } else {
      this.rate = rateBetween(this.#stage, now) ?? this.rate;
    }
  }
}
