import { getAbortSignal } from "svelte";

/** What the hub answers to a component: asked anew if the question changes, given up with both. */
export class Asked<T> {
  #times = $state(0);
  readonly #ask: (signal: AbortSignal) => Promise<T>;

  readonly answer = $derived.by(() => {
    void this.#times;
    return this.#ask(getAbortSignal());
  });

  constructor(ask: (signal: AbortSignal) => Promise<T>) {
    this.#ask = ask;
  }

  again(): void {
    this.#times += 1;
  }
}
