import { minute } from "../app/words.ts";
import type { BoardPage } from "../hub/boards.ts";

/** What is to be known of the intervals of ranks that are not of the state that is shown. */
export function agesOfRanks({ as_of, ranks }: Pick<BoardPage, "as_of" | "ranks">): string {
  const waits = "The places that each may as well have are being computed";
  if (ranks.as_of === null || ranks.read_at === null) return `${waits}.`;
  if (ranks.as_of >= as_of) return "";
  return `${waits} anew; those shown follow from the results of ${minute(ranks.read_at)}.`;
}
