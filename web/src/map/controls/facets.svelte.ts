import { type Facets, readFacets } from "../../hub/facets.ts";
import { filterOf, type MapState } from "../state.ts";

/** What one can filter by, as long as somebody looks at it; it follows the filters. */
export class FacetsOf {
  now = $state.raw<Facets | null>(null);

  constructor(stateOf: () => MapState, looks: () => boolean) {
    const question = $derived(JSON.stringify(filterOf(stateOf())));
    $effect(() => {
      if (!looks()) return;
      const asked = new AbortController();
      void this.#read(question, asked.signal);
      return () => asked.abort();
    });
  }

  /** Without an answer, one can choose what is chosen already, and the hub's absence is said elsewhere. */
  async #read(question: string, signal: AbortSignal): Promise<void> {
    const answer = await readFacets(JSON.parse(question), signal).catch(() => null);
    if (!signal.aborted && answer) this.now = answer;
  }
}
