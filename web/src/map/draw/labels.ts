import { type Camera, type Size, toScreen } from "./camera.ts";
import { pixels } from "./painter.ts";
import type { Scene } from "./scene.ts";

export const MOST_LABELS = 60;
const HEIGHT = 20;
const PER_LETTER = 6.6;
const LONGEST = 34;

export interface Label {
  node: number;
  text: string;
}

/** The names that fit into a view without covering each other, the most important first. */
export function chooseLabels(
  scene: Scene,
  camera: Camera,
  view: Size,
  nameOf: (node: number) => string,
  first: readonly number[],
): Label[] {
  const taken: Box[] = [];
  const chosen: Label[] = [];
  const seen = new Set<number>();
  for (const node of candidates(scene, first)) {
    if (chosen.length >= MOST_LABELS) break;
    if (seen.has(node) || !scene.visible[node]) continue;
    seen.add(node);
    const text = shortened(nameOf(node));
    const box = boxOf(scene, camera, view, node, text.length);
    if (!inside(box, view) || taken.some((other) => overlap(box, other))) continue;
    taken.push(box);
    chosen.push({ node, text });
  }
  return chosen;
}

function* candidates(scene: Scene, first: readonly number[]): Generator<number> {
  yield* first;
  yield* scene.order.subarray(0, 4_000);
}

/** The end of a long name, which says more than its beginning. */
function shortened(name: string): string {
  const short = name.slice(name.indexOf("/") + 1);
  return short.length > LONGEST ? `${short.slice(0, LONGEST - 1)}…` : short;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

function boxOf(scene: Scene, camera: Camera, view: Size, node: number, letters: number): Box {
  const at = toScreen(camera, view, { x: scene.x[node] ?? 0, y: scene.y[node] ?? 0 });
  const left = at.x + pixels(scene.radius[node] ?? 0, camera.scale) + 3;
  const right = left + letters * PER_LETTER + 6;
  return { left, right, top: at.y - HEIGHT / 2, bottom: at.y + HEIGHT / 2 };
}

function inside({ left, right, top, bottom }: Box, { width, height }: Size): boolean {
  return right > 0 && left < width && bottom > 0 && top < height;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
