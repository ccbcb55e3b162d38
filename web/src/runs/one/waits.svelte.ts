import { untrack } from "svelte";
import { SvelteSet } from "svelte/reactivity";
import { isSeen } from "../../app/window.ts";
import { Latest } from "../../hub/latest.svelte.ts";
import { readWaiting } from "../../hub/runs.ts";

const AGAIN_MS = 5_000; // workers come and go

/** What a run waits for as long as it is queued: asked again from time to time. */
export class Waits {
  /** All that was ever said, also if it holds no longer. */
  readonly said = new SvelteSet<string>();
  readonly #asked: Latest<readonly string[]>;

  constructor(queued: () => string | null) {
    this.#asked = new Latest(() => {
      const id = queued();
      return id === null ? null : (signal) => readWaiting(id, signal);
    });
    $effect(() => {
      const { reasons } = this;
      untrack(() => {
        for (const each of reasons) this.said.add(each);
      });
    });
    $effect(() => {
      if (queued() === null || !isSeen()) return undefined;
      const timer = setInterval(() => this.#asked.again(), AGAIN_MS);
      return () => clearInterval(timer);
    });
  }

  get reasons(): readonly string[] {
    return this.#asked.answer ?? [];
  }
}
