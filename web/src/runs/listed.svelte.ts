import { untrack } from "svelte";
import { isSeen } from "../app/window.ts";
import { listAgain, listRuns, type RunPage, type RunSummary, type RunsQuery } from "../hub/runs.ts";
import { withNewer } from "./merged.ts";
import { isFinal } from "./words.ts";

const PAGE = 50;
const MOST = 100; // that the hub sends at once
const BUSY_MS = 2_000; // between two questions while a listed run is unfinished
const QUIET_MS = 10_000;

/**
 * The runs that pass the filters, kept current. The hub's feed has no events of private runs and
 * none of progress, so the newest page is asked for again; unchanged, it is an answer without a body.
 */
export class Listed {
  /** What was read last, also while another question is asked. */
  runs = $state.raw<readonly RunSummary[] | null>(null);
  failure = $state.raw<unknown>(null);
  more = $state.raw<string | null>(null);
  reading = $state(false);
  #asked: RunsQuery | null = null;
  #newest: RunPage | null = null; // of the question that is asked
  #times = $state(0);

  constructor(query: () => RunsQuery | null) {
    $effect(() => {
      void this.#times;
      const asked = query();
      return asked ? untrack(() => this.#begin(asked)) : undefined;
    });
  }

  again(): void {
    this.#times += 1;
  }

  /** Reads the next page, of older runs. */
  async readMore(): Promise<void> {
    const asked = this.#asked;
    if (!asked || !this.more || this.reading) return;
    this.reading = true;
    try {
      const page = await listRuns({ ...asked, limit: PAGE, cursor: this.more });
      if (asked === this.#asked) {
        const known = new Set(this.runs?.map(({ id }) => id));
        this.runs = [...(this.runs ?? []), ...page.items.filter(({ id }) => !known.has(id))];
        this.more = page.next_cursor;
      }
    } catch (error) {
      this.failure = error;
    }
    this.reading = false;
  }

  #begin(asked: RunsQuery): () => void {
    const ended = new AbortController();
    this.#asked = asked;
    this.#newest = null;
    this.failure = null;
    void this.#follow(asked, ended.signal);
    return () => ended.abort();
  }

  async #follow(asked: RunsQuery, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#newest === null || isSeen()) await this.#look(asked, signal);
      if (signal.aborted || this.failure) return;
      const busy = this.runs?.some(({ state }) => !isFinal(state));
      await pause(busy ? BUSY_MS : QUIET_MS, signal);
    }
  }

  async #look(asked: RunsQuery, signal: AbortSignal): Promise<void> {
    const before = this.#newest;
    const listed = before === null ? [] : (this.runs ?? []);
    const limit = Math.min(MOST, Math.max(PAGE, listed.length));
    try {
      const page = await listAgain(before, { ...asked, limit }, signal);
      if (!page || signal.aborted) return;
      this.runs = withNewer(listed, page);
      if (this.runs.length <= page.items.length) this.more = page.next_cursor;
      this.#newest = page;
    } catch (error) {
      if (!signal.aborted && before === null) this.failure = error; // a later one is asked again
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
