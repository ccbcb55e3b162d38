import { addressWith } from "../app/query.ts";
import type { Kind, RunState, RunsQuery } from "../hub/runs.ts";
import { KINDS, STATES } from "./words.ts";

/** Which runs the page lists, as its address says; `recipe` is a version's id. */
export interface RunsState {
  state: RunState | null;
  kind: Kind | null;
  owner: string | null;
  model: string | null;
  recipe: string | null;
  /** A run that the form of a new one begins with: the merge to verify. */
  run: string | null;
}

export const FIRST: Readonly<RunsState> = {
  state: null,
  kind: null,
  owner: null,
  model: null,
  recipe: null,
  run: null,
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function readState(query: URLSearchParams): RunsState {
  return {
    state: STATES.find((each) => each === query.get("state")) ?? null,
    kind: KINDS.find((each) => each === query.get("kind")) ?? null,
    owner: query.get("owner") || null,
    model: query.get("model") || null,
    recipe: asId(query.get("recipe")),
    run: asId(query.get("run")),
  };
}

export function addressOf(state: RunsState): string {
  return addressWith("/runs", state, FIRST);
}

/** Whether some runs may be left out. */
export function isFiltered(state: RunsState): boolean {
  return addressOf({ ...state, run: null }) !== addressOf(FIRST);
}

/** What the hub is asked; `recipe` is the id of the recipe that the version is of. */
export function questionOf(state: RunsState, recipe: string | null): RunsQuery {
  const { state: is, kind, owner, model } = state;
  return {
    ...(is && { state: is }),
    ...(kind && { kind }),
    ...(owner && { owner }),
    ...(model && { model }),
    ...(recipe && { recipe }),
  };
}

export function asId(text: string | null): string | null {
  return text !== null && UUID.test(text) ? text.toLowerCase() : null;
}
