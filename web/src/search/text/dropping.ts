import { piecesOf, without } from "./pieces.ts";

const MOST = 8; // questions to the hub

/** The searches that are left if one of several conditions is dropped. */
export function dropped(q: string): { q: string; condition: string }[] {
  const pieces = piecesOf(q);
  if (pieces.length < 2) return [];
  return pieces.slice(0, MOST).map((piece) => ({
    q: without(q, piece),
    condition: q.slice(piece.from, piece.to),
  }));
}
