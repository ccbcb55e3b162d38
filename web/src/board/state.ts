import { addressWith, asDay, asFlag, asNumber, oneOf } from "../app/query.ts";
import type { BoardFilter, BoardQuery } from "../hub/boards.ts";

export const VIEWS = ["table", "size", "cite"] as const;
export const LISTS = ["method", "base", "family", "domain", "precision", "licence"] as const;
export const FLAGS = ["merged", "flagged"] as const;
export type List = (typeof LISTS)[number];
export type Flag = (typeof FLAGS)[number];

/** Everything that the page of a board shows, as its address has it. */
export interface BoardState {
  /** The name of the board; the list of all boards, if null. */
  board: string | null;
  /** A part of a model's name. */
  q: string;
  method: string[];
  base: string[];
  family: string[];
  domain: string[];
  precision: string[];
  licence: string[];
  /** In billions of parameters. */
  size_min: number | null;
  size_max: number | null;
  since: string | null;
  until: string | null;
  /** Yes, no, or either if null. */
  merged: boolean | null;
  flagged: boolean | null;
  /** Whether only verified results count. */
  verified: boolean;
  /** By which column the rows are sorted; with `-` in front, the other way round. */
  sort: string;
  /** The columns that are shown; as at first, if none are named. */
  column: string[];
  view: (typeof VIEWS)[number];
}

export const FIRST: Readonly<BoardState> = {
  board: null,
  q: "",
  method: [],
  base: [],
  family: [],
  domain: [],
  precision: [],
  licence: [],
  size_min: null,
  size_max: null,
  since: null,
  until: null,
  merged: null,
  flagged: null,
  verified: false,
  sort: "mean",
  column: [],
  view: "table",
};

export function readState(query: URLSearchParams): BoardState {
  const state: BoardState = { ...FIRST };
  state.board = query.get("board") || null;
  state.q = query.get("q") ?? "";
  for (const key of LISTS) state[key] = query.getAll(key).filter(Boolean);
  for (const key of FLAGS) state[key] = asFlag(query.get(key));
  for (const key of ["size_min", "size_max"] as const) state[key] = asNumber(query.get(key));
  for (const key of ["since", "until"] as const) state[key] = asDay(query.get(key));
  state.verified = query.get("verified") === "true";
  state.sort = query.get("sort") || FIRST.sort;
  state.column = query.getAll("column").filter(Boolean);
  state.view = oneOf(VIEWS, query.get("view"), FIRST.view);
  return state;
}

export function addressOf(state: BoardState): string {
  return addressWith("/boards", state, FIRST);
}

/** The filters of a state, as the hub takes them. */
export function filterOf(state: BoardState): BoardFilter {
  const { board: _, sort: __, column: ___, view: ____, verified, ...filters } = state;
  const set = Object.entries({ ...filters, verified: verified || null }).filter(([, value]) =>
    Array.isArray(value) ? value.length : value !== null && value !== "",
  );
  return Object.fromEntries(set);
}

/** The parameters with which the hub is asked for the rows of a state. */
export function questionOf(state: BoardState): BoardQuery {
  return { ...filterOf(state), ...(state.sort !== FIRST.sort && { sort: state.sort }) };
}

/** How many filters a state has. */
export function filterCount(state: BoardState): number {
  return Object.values(filterOf(state)).reduce<number>(
    (sum, value) => sum + (Array.isArray(value) ? value.length : 1),
    0,
  );
}

/** The sort after a press on the head of a column: first its own order, then the other way round. */
export function sortedBy(now: string, column: string): string {
  return now === column ? `-${column}` : column;
}
