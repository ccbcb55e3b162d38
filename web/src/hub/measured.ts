import { points } from "../app/words.ts";
import { readBoard } from "./boards.ts";
import type { Find } from "./suggestions.svelte.ts";

/** Finds models that have results on a board, the best first. */
export function findMeasured(board: string): Find {
  return async (q, limit, signal) => {
    const { items } = await readBoard(board, { q, limit }, signal);
    const names = new Map(items.map(({ model, mean }) => [model, mean]));
    return [...names].map(([name, mean]) => ({
      id: name,
      name,
      note: mean ? points(mean.value) : "",
    }));
  };
}
