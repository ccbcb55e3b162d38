import { addressWith, asDay, oneOf } from "../app/query.ts";

export const AGAINST = ["best", "mean", "base"] as const;

/** Everything that the table by method and base shows, as its address has it. */
export interface UpliftState {
  board: string;
  against: (typeof AGAINST)[number];
  method: string[];
  base: string[];
  family: string[];
  domain: string[];
  since: string | null;
  verified: boolean;
  /** The cell whose merges are listed. */
  cell_method: string | null;
  cell_base: string | null;
}

export const LISTS = ["method", "base", "family", "domain"] as const;
export const FIRST: Readonly<UpliftState> = {
  board: "overall",
  against: "best",
  method: [],
  base: [],
  family: [],
  domain: [],
  since: null,
  verified: false,
  cell_method: null,
  cell_base: null,
};

export function readState(query: URLSearchParams): UpliftState {
  const state: UpliftState = { ...FIRST };
  state.board = query.get("board") || FIRST.board;
  state.against = oneOf(AGAINST, query.get("against"), FIRST.against);
  for (const key of LISTS) state[key] = query.getAll(key).filter(Boolean);
  state.since = asDay(query.get("since"));
  state.verified = query.get("verified") === "true";
  state.cell_method = query.get("cell_method") || null;
  state.cell_base = query.get("cell_base") || null;
  return state;
}

export function addressOf(state: UpliftState): string {
  return addressWith("/uplift", state, FIRST);
}

/** What the hub is asked for the table of a state. */
export function questionOf({ board, against, since, verified, ...state }: UpliftState) {
  const lists = LISTS.filter((key) => state[key].length).map((key) => [key, state[key]]);
  return {
    board,
    against,
    ...Object.fromEntries(lists),
    ...(since && { since }),
    ...(verified && { verified }),
  };
}

/** How many filters a state has. */
export function filterCount(state: UpliftState): number {
  const lists = LISTS.reduce((sum, key) => sum + state[key].length, 0);
  return lists + (state.since ? 1 : 0) + (state.verified ? 1 : 0);
}
