import { untrack } from "svelte";
import { isSeen } from "../app/window.ts";
import { type BoardPage, readBoard } from "../hub/boards.ts";
import type { BoardSession } from "./session.svelte.ts";
import { questionOf } from "./state.ts";

const SELDOM_MS = 20_000;
const OFTEN_MS = 5_000; // while the intervals of ranks are being computed

/** Has an open board read its rows again as soon as the hub has newer ones and somebody looks. */
export function keepBoardCurrent(session: BoardSession): void {
  const pause = $derived(session.page && isPending(session.page) ? OFTEN_MS : SELDOM_MS);
  const question = $derived(JSON.stringify([session.state.board, questionOf(session.state)]));
  $effect(() => {
    const [board, query] = JSON.parse(question);
    if (!board || !isSeen()) return;
    const stopped = new AbortController();
    const look = () => void refresh(session, board, query, stopped.signal);
    const timer = setInterval(look, pause);
    untrack(look); // nothing was asked while nobody looked
    return () => {
      clearInterval(timer);
      stopped.abort();
    };
  });
}

async function refresh(
  session: BoardSession,
  board: string,
  query: object,
  signal: AbortSignal,
): Promise<void> {
  const shown = session.page;
  if (!shown || session.loading) return;
  const now = await readBoard(board, { ...query, limit: 1 }, signal).catch(() => null);
  if (now && isNewer(now, shown)) await session.refresh();
}

type Age = Pick<BoardPage, "as_of" | "ranks">;

/** Whether the intervals of ranks are of older results than the rows. */
function isPending({ as_of, ranks }: Age): boolean {
  return (ranks.as_of ?? -1) < as_of;
}

/** Whether a board has newer rows, or newer intervals of ranks, than are shown. */
function isNewer(now: Age, shown: Age): boolean {
  return now.as_of > shown.as_of || (now.ranks.as_of ?? -1) > (shown.ranks.as_of ?? -1);
}
