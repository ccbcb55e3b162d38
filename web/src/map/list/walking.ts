import type { Row } from "./tree.ts";

/** Where a key leads in a tree of rows: to another row, or it opens or closes the branch. */
export type Move = { to: number } | { open: boolean } | null;

/** The keys of a tree (WAI-ARIA): right goes along an edge, left goes back. */
export function moveBy(key: string, rows: readonly Row[], at: number): Move {
  const row = rows[at];
  if (!row) return null;
  switch (key) {
    case "ArrowDown":
      return { to: Math.min(rows.length - 1, at + 1) };
    case "ArrowUp":
      return { to: Math.max(0, at - 1) };
    case "Home":
      return { to: 0 };
    case "End":
      return { to: rows.length - 1 };
    case "ArrowRight":
      if (row.open === null) return null;
      return row.open ? { to: at + 1 } : { open: true };
    case "ArrowLeft":
      return row.open ? { open: false } : { to: above(rows, at) };
    default:
      return null;
  }
}

/** The row that a row belongs to; itself, for a root. */
function above(rows: readonly Row[], at: number): number {
  const level = rows[at]?.level ?? 1;
  for (let other = at - 1; other >= 0; other -= 1) {
    if ((rows[other]?.level ?? 0) < level) return other;
  }
  return at;
}
