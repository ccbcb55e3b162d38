import type { ListedBoard } from "../hub/boards.ts";

/** Boards in their order, but those that rank no model after the others. */
export function ofUse(boards: readonly ListedBoard[]): ListedBoard[] {
  return [...boards].sort((one, other) => Number(!one.ranked) - Number(!other.ranked));
}
