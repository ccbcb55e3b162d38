import type { RunPage, RunSummary } from "../hub/runs.ts";

/** A list of runs, newest first, with a newer first page in the place of the earlier one. */
export function withNewer(
  listed: readonly RunSummary[],
  { items, next_cursor }: RunPage,
): readonly RunSummary[] {
  const last = items.at(-1);
  if (!last || next_cursor === null) return items;
  const ids = new Set(items.map(({ id }) => id));
  return [...items, ...listed.filter((run) => !ids.has(run.id) && isBelow(run, last))];
}

/** Whether a run comes after another one in the list: it is older. */
function isBelow(run: RunSummary, other: RunSummary): boolean {
  if (run.created_at !== other.created_at) return run.created_at < other.created_at;
  return run.id < other.id;
}
