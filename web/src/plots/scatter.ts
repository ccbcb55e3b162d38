import type { Scale } from "./scale.ts";

/** A point of a scatter plot. */
export interface Point {
  key: string;
  x: number;
  y: number;
  /** The group that it is coloured by. */
  group: string;
  /** Whether no other point is at once smaller and higher. */
  front: boolean;
  /** What it says, as a sentence. */
  words: string;
}

/** All points as one path: each is a line of no length with a round end, so thousands are drawn at once. */
export function dots(points: readonly Point[], x: Scale, y: Scale): string {
  return points.map((each) => `M${tenth(x.at(each.x))} ${tenth(y.at(each.y))}h0`).join("");
}

/** The line along the front: from left to right, and up where the next point is. */
export function stairs(points: readonly Point[], x: Scale, y: Scale, right: number): string {
  const front = points.filter((each) => each.front).sort((a, b) => a.x - b.x || a.y - b.y);
  const [first, ...others] = front;
  if (!first) return "";
  const steps = others.map((each) => `H${tenth(x.at(each.x))}V${tenth(y.at(each.y))}`);
  return `M${tenth(x.at(first.x))} ${tenth(y.at(first.y))}${steps.join("")}H${tenth(right)}`;
}

/** The point that lies nearest to a place, if one is near. */
export function nearest(
  points: readonly Point[],
  x: Scale,
  y: Scale,
  place: { x: number; y: number },
  most = 24,
): number | null {
  let [found, least]: [number | null, number] = [null, most * most];
  for (const [at, point] of points.entries()) {
    const distance = (x.at(point.x) - place.x) ** 2 + (y.at(point.y) - place.y) ** 2;
    if (distance <= least) [found, least] = [at, distance];
  }
  return found;
}

/** The points in the order in which the arrow keys walk: along the x axis, of equals the higher first. */
export function walkOrder(points: readonly Point[]): number[] {
  const order = points.map((_, at) => at);
  const of = (at: number) => points[at] as Point;
  return order.sort((a, b) => of(a).x - of(b).x || of(b).y - of(a).y);
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
