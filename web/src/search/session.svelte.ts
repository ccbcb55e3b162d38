import { address } from "../app/address.svelte.ts";
import { Paged } from "../hub/paged.svelte.ts";
import {
  type FoundRecipe,
  findRecipes,
  type RecipePage,
  type RecipeQuery,
} from "../hub/searching.ts";
import { addressOf, FIRST, questionOf, readState, type SearchState } from "./state.ts";

const PAGE = 30;
const LARGEST = 200;

/** What the page of searches shows: its address, and the recipes that have been read. */
export class SearchSession {
  readonly state: SearchState = $derived(readState(address.query));
  /** The first page, which says how many recipes there are and what was corrected. */
  first = $state.raw<RecipePage | null>(null);
  readonly found: Paged<FoundRecipe>;

  constructor() {
    const question = $derived(JSON.stringify(questionOf(this.state)));
    this.found = new Paged(() => {
      const query: RecipeQuery = JSON.parse(question);
      return (cursor, signal) => this.#read(query, cursor, signal);
    });
  }

  /** The address of another search, in the same order. */
  addressOf(q: string): string {
    return addressOf({ ...FIRST, sort: this.state.sort, q });
  }

  search(q: string): void {
    address.go(this.addressOf(q));
  }

  /** The first recipes of the search, as many of them as there are. */
  async all(most: number): Promise<FoundRecipe[]> {
    const { signal } = new AbortController();
    const recipes: FoundRecipe[] = [];
    let next: string | null = null;
    do {
      const query = { ...questionOf(this.state), limit: LARGEST, ...(next && { cursor: next }) };
      const page: RecipePage = await findRecipes(query, signal);
      recipes.push(...page.items);
      next = page.next_cursor;
    } while (next && recipes.length < most);
    return recipes.slice(0, most);
  }

  async #read(query: RecipeQuery, cursor: string | null, signal: AbortSignal): Promise<RecipePage> {
    try {
      const page = await findRecipes({ ...query, limit: PAGE, ...(cursor && { cursor }) }, signal);
      if (!cursor && !signal.aborted) this.first = page;
      return page;
    } catch (error) {
      if (!cursor && !signal.aborted) this.first = null;
      throw error;
    }
  }
}
