import { addressWith } from "../app/query.ts";

/** Everything that the page of a comparison shows, as its address has it. */
export interface CompareState {
  model: string[];
  board: string;
}

export const MOST = 6;
export const FIRST: Readonly<CompareState> = { model: [], board: "overall" };

export function readState(query: URLSearchParams): CompareState {
  const models = new Set(query.getAll("model").filter(Boolean));
  return { model: [...models].slice(0, MOST), board: query.get("board") || FIRST.board };
}

export function addressOf(state: CompareState): string {
  return addressWith("/compare", state, FIRST);
}
