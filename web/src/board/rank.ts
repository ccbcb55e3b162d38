/** A rank and the ranks that the model may as well have. */
export interface Rank {
  place: number;
  /** The ends of its interval; null as long as it is not computed. */
  best: number | null;
  worst: number | null;
}

/**
 * The interval of a rank among all ranks, in percent from the left, at least wide enough to see. The
 * first ranks have the most room, since places near the top are what people compare.
 */
export function barOf({ place, best, worst }: Rank, ranked: number, least = 3) {
  const share = (rank: number) => (ranked > 1 ? (Math.log(rank) / Math.log(ranked)) * 100 : 0);
  const [from, to] = [share(best ?? place), share(worst ?? place)];
  const width = Math.max(least, to - from);
  return { from: Math.min(from, 100 - width), width, at: share(place) };
}
