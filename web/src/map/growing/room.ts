/** Circles by their middles and radii, as columns. */
export interface Circles {
  x: readonly number[];
  y: readonly number[];
  size: readonly number[];
}

const BETWEEN = 0.3; // of the world, as the hub leaves between siblings at least

type Interval = readonly [from: number, to: number];

/** By how much circles must go down, or up if that is less, to cover none that lie there already. */
export function roomFor(added: Circles, placed: Circles): number {
  const taken = joined(forbidden(added, placed));
  const ways = [0, ...taken.flat()].sort((a, b) => Math.abs(a) - Math.abs(b));
  return ways.find((way) => !taken.some(([from, to]) => from < way && way < to)) ?? 0;
}

function forbidden(added: Circles, placed: Circles): Interval[] {
  const found: Interval[] = [];
  added.x.forEach((x, one) => {
    placed.x.forEach((otherX, other) => {
      const apart = (added.size[one] ?? 0) + (placed.size[other] ?? 0) + BETWEEN;
      if (Math.abs(x - otherX) >= apart) return;
      const middle = (placed.y[other] ?? 0) - (added.y[one] ?? 0);
      found.push([middle - apart, middle + apart]);
    });
  });
  return found;
}

function joined(intervals: readonly Interval[]): Interval[] {
  const sorted = [...intervals].sort(([a], [b]) => a - b);
  const result: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = result.at(-1);
    if (last && from < last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}
