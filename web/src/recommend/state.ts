import { addressWith } from "../app/query.ts";
import { DOMAINS, type Domain } from "../hub/recommendations.ts";

/** What ingredients are wished for, as the address has it. */
export interface RecommendState {
  base: string | null;
  domain: Domain | null;
  board: string;
  /** How many ingredients. */
  size: number;
}

export const SIZES = ["2", "3"] as const;
export const FIRST: Readonly<RecommendState> = {
  base: null,
  domain: null,
  board: "overall",
  size: 2,
};

export function readState(query: URLSearchParams): RecommendState {
  return {
    base: query.get("base") || null,
    domain: DOMAINS.find((each) => each === query.get("domain")) ?? null,
    board: query.get("board") || FIRST.board,
    size: query.get("size") === "3" ? 3 : FIRST.size,
  };
}

export function addressOf(state: RecommendState): string {
  return addressWith("/recommend", state, FIRST);
}
