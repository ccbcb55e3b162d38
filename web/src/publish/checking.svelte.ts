import { check, type Verdict } from "../hub/publishing.ts";
import { refusalOf } from "../hub/refusals.ts";

const PAUSE_MS = 350; // after the last letter of somebody who types

/** What the hub says of a text while it is typed: an answer about an earlier text counts for nothing. */
export class Checking {
  verdict = $state.raw<Verdict | null>(null);
  failure = $state.raw<unknown>(null);
  /** Whether the newest text is not judged yet. */
  busy = $state(false);
  /** What is wrong with the licence, if something is. */
  licenceFault = $state<string | undefined>();
  #times = $state(0);

  constructor(text: () => string, licence: () => string | null) {
    $effect(() => {
      void this.#times;
      const asked = new AbortController();
      void this.#check(text(), licence(), asked.signal);
      return () => asked.abort();
    });
  }

  again(): void {
    this.#times += 1;
  }

  async #check(text: string, licence: string | null, signal: AbortSignal): Promise<void> {
    const empty = text.trim() === "";
    this.busy = !empty;
    if (empty) {
      this.verdict = null;
      this.failure = null;
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    if (signal.aborted) return;
    try {
      const verdict = await this.#judged(text, licence, signal);
      if (signal.aborted) return;
      this.verdict = verdict;
      this.failure = null;
    } catch (error) {
      if (signal.aborted) return;
      this.failure = error;
    }
    this.busy = false;
  }
  /** Judges the text also if the licence is none: what is wrong with that is said at its field. */
  async #judged(text: string, licence: string | null, signal: AbortSignal): Promise<Verdict> {
    try {
      const verdict = await check(text, licence, signal);
      this.licenceFault = undefined;
      return verdict;
    } catch (error) {
      const fault = refusalOf(error, { licence: "Licence" }).fields.licence;
      if (signal.aborted || licence === null || fault === undefined) throw error;
      this.licenceFault = fault;
      return check(text, null, signal);
    }
  }
}
