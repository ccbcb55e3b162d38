import { type Camera, type Point, type Size, toScreen } from "./camera.ts";
import { pixels } from "./painter.ts";
import type { Scene } from "./scene.ts";

/** Where a name stands at its node, the best place first. */
export const SIDES = ["right", "left", "below", "above"] as const;
export type Side = (typeof SIDES)[number];

export const HEIGHT = 20;
/** Pixels between a node and its name. */
export const GAP = 3;
const FEW = 200; // nodes in view, among which there is room for a name that covers none
const CELL = 32; // pixels

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

interface Circle extends Point {
  radius: number;
}

/** A view with the circles of its nodes, and with the names that have a place already. */
export class Ground {
  readonly #scene: Scene;
  readonly #camera: Camera;
  readonly #view: Size;
  readonly #cells = new Map<number, Circle[]>();
  readonly #names: Box[] = [];
  #nodes = 0;

  constructor(scene: Scene, camera: Camera, view: Size) {
    this.#scene = scene;
    this.#camera = camera;
    this.#view = view;
    for (let node = 0; node < scene.count; node += 1) {
      if (scene.visible[node]) this.#add(this.circle(node));
    }
  }

  get isSparse(): boolean {
    return this.#nodes <= FEW;
  }

  circle(node: number): Circle {
    const { x, y, radius } = this.#scene;
    const at = toScreen(this.#camera, this.#view, { x: x[node] ?? 0, y: y[node] ?? 0 });
    return { ...at, radius: pixels(radius[node] ?? 0, this.#camera.scale) };
  }

  sees({ x, y, radius }: Circle): boolean {
    const { width, height } = this.#view;
    return x >= 0 && x <= width && y > -radius && y < height + radius;
  }

  /** Whether a name there is seen whole across, and covers no other name. */
  hasRoom(box: Box): boolean {
    const { width, height } = this.#view;
    if (box.left < 0 || box.right > width || box.bottom <= 0 || box.top >= height) return false;
    return !this.#names.some((other) => overlap(box, other));
  }

  take(box: Box): void {
    this.#names.push(box);
  }

  /** How many nodes a name there covers. */
  covered(box: Box): number {
    let count = 0;
    for (let column = cell(box.left) - 1; column <= cell(box.right) + 1; column += 1) {
      for (let row = cell(box.top) - 1; row <= cell(box.bottom) + 1; row += 1) {
        for (const circle of this.#cells.get(key(column, row)) ?? []) {
          if (touches(box, circle)) count += 1;
        }
      }
    }
    return count;
  }

  #add(circle: Circle): void {
    if (!this.sees(circle)) return;
    this.#nodes += 1;
    const at = key(cell(circle.x), cell(circle.y));
    const others = this.#cells.get(at);
    if (others) others.push(circle);
    else this.#cells.set(at, [circle]);
  }
}

/**
 * The side of a node on which its name covers least, which is then taken; null if there is none.
 * `must`: it has a place even if it covers nodes where there are few.
 */
export function placeOf(ground: Ground, node: number, length: number, must: boolean): Side | null {
  const circle = ground.circle(node);
  if (!ground.sees(circle)) return null;
  let [best, least]: [Side | null, number] = [null, ground.isSparse && !must ? 1 : Infinity];
  for (const side of SIDES) {
    const box = boxAt(circle, side, length);
    const covered = ground.hasRoom(box) ? ground.covered(box) : Infinity;
    if (covered < least) [best, least] = [side, covered];
    if (!covered) break;
  }
  if (best) ground.take(boxAt(circle, best, length));
  return best;
}

function boxAt({ x, y, radius }: Circle, side: Side, length: number): Box {
  const away = radius + GAP;
  if (side === "right" || side === "left") {
    const left = side === "right" ? x + away : x - away - length;
    return { left, right: left + length, top: y - HEIGHT / 2, bottom: y + HEIGHT / 2 };
  }
  const top = side === "below" ? y + away : y - away - HEIGHT;
  return { left: x - length / 2, right: x + length / 2, top, bottom: top + HEIGHT };
}

/** Whether a circle reaches into a box. */
function touches({ left, right, top, bottom }: Box, { x, y, radius }: Circle): boolean {
  const dx = Math.max(left - x, 0, x - right);
  const dy = Math.max(top - y, 0, y - bottom);
  return Math.hypot(dx, dy) < radius;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function cell(at: number): number {
  return Math.floor(at / CELL);
}

function key(column: number, row: number): number {
  return column * 65_536 + row;
}
