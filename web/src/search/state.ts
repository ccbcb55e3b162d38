import { addressWith, oneOf } from "../app/query.ts";
import type { RecipeQuery } from "../hub/searching.ts";

export const SORTS = ["relevance", "new", "stars", "uplift", "reproductions", "trending"] as const;
export const ALIKE = ["likeness", "ingredients"] as const;

/** What the page of searches shows, as its address has it. */
export interface SearchState {
  /** The text of the search. */
  q: string;
  /** As the hub sorts by itself, if null. */
  sort: (typeof SORTS)[number] | null;
  /** The `owner/name` of a recipe whose like is shown, instead of a search. */
  like: string | null;
  /** What makes recipes alike. */
  by: (typeof ALIKE)[number];
}

export const FIRST: Readonly<SearchState> = { q: "", sort: null, like: null, by: "likeness" };

export function readState(query: URLSearchParams): SearchState {
  return {
    q: query.get("q")?.trim() ?? "",
    sort: oneOf<(typeof SORTS)[number] | "">(SORTS, query.get("sort"), "") || null,
    like: query.get("like") || null,
    by: oneOf(ALIKE, query.get("by"), FIRST.by),
  };
}

export function addressOf(state: SearchState): string {
  return addressWith("/recipes", state, FIRST);
}

/** The parameters with which the hub is asked. */
export function questionOf({ q, sort }: SearchState): RecipeQuery {
  return { ...(q && { q }), ...(sort && { sort }) };
}
