import { addressWith, oneOf } from "../app/query.ts";
import { AGAINST, type Against } from "./uplift.ts";

/** Everything that the page of a model shows, as its address has it. */
export interface ModelState {
  model: string | null;
  against: Against;
  /** The board of the history of ranks. */
  board: string;
  /** Whether older results are listed too. */
  history: boolean;
}

export const FIRST: Readonly<ModelState> = {
  model: null,
  against: "each",
  board: "overall",
  history: false,
};

export function readState(query: URLSearchParams): ModelState {
  return {
    model: query.get("model") || null,
    against: oneOf(AGAINST, query.get("against"), FIRST.against),
    board: query.get("board") || FIRST.board,
    history: query.get("history") === "true",
  };
}

export function addressOf(state: ModelState): string {
  return addressWith("/models", state, FIRST);
}
