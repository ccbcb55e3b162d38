import { short } from "../../app/words.ts";
import { type Camera, type Size, toScreen } from "./camera.ts";
import { pixels } from "./painter.ts";
import type { Scene } from "./scene.ts";

export const MOST_LABELS = 60;
const HEIGHT = 20;
const PER_LETTER = 6.6;
const LONGEST = 34;
/** Pixels between a node and its name. */
export const GAP = 3;

/** What stands beside a node: its name, and how many neighbours of it are not on the map. */
export interface LabelText {
  name: string;
  more: number;
}

export interface Label extends LabelText {
  node: number;
  side: "right" | "left";
}

/** The names that fit into a view without covering each other, the most important first. */
export function chooseLabels(
  scene: Scene,
  camera: Camera,
  view: Size,
  textOf: (node: number) => LabelText,
  first: readonly number[],
): Label[] {
  const taken: Box[] = [];
  const chosen: Label[] = [];
  const seen = new Set<number>();
  for (const node of candidates(scene, first)) {
    if (chosen.length >= MOST_LABELS) break;
    if (seen.has(node) || !scene.visible[node]) continue;
    seen.add(node);
    const text = textOf(node);
    const label: LabelText = { name: shortened(text.name), more: text.more };
    const place = placeOf(spotOf(scene, camera, view, node), lengthOf(label), view);
    if (!place || taken.some((other) => overlap(place.box, other))) continue;
    taken.push(place.box);
    chosen.push({ node, side: place.side, ...label });
  }
  return chosen;
}

/** How the number of neighbours that are not on the map is written. */
export function more(count: number): string {
  return `+${short(count)}`;
}

function* candidates(scene: Scene, first: readonly number[]): Generator<number> {
  yield* first;
  yield* scene.order.subarray(0, 4_000);
}

/** A name without its owner, which says least, cut if it is long. */
function shortened(name: string): string {
  const short = name.slice(name.indexOf("/") + 1);
  return short.length > LONGEST ? `${short.slice(0, LONGEST - 1)}…` : short;
}

function lengthOf({ name, more: hidden }: LabelText): number {
  return (name.length + (hidden ? more(hidden).length + 1 : 0)) * PER_LETTER + 8;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

interface Spot {
  x: number;
  y: number;
  /** From the middle of the node to the beginning of its name. */
  beside: number;
}

function spotOf(scene: Scene, camera: Camera, view: Size, node: number): Spot {
  const at = toScreen(camera, view, { x: scene.x[node] ?? 0, y: scene.y[node] ?? 0 });
  return { ...at, beside: pixels(scene.radius[node] ?? 0, camera.scale) + GAP };
}

/** To the right of a node or, where that would be cut, to its left; null if neither is seen whole. */
function placeOf({ x, y, beside }: Spot, length: number, { width, height }: Size) {
  const [top, bottom] = [y - HEIGHT / 2, y + HEIGHT / 2];
  if (bottom <= 0 || top >= height || x < 0 || x > width) return null;
  const right: Box = { left: x + beside, right: x + beside + length, top, bottom };
  if (right.right <= width) return { side: "right" as const, box: right };
  const left: Box = { left: x - beside - length, right: x - beside, top, bottom };
  return left.left >= 0 ? { side: "left" as const, box: left } : null;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
