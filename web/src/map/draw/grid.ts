import type { Point } from "./camera.ts";
import type { Scene } from "./scene.ts";

const PER_CELL = 4;
const ROWS = 2 ** 24;

/** Finds the node at a point: the nodes by the cell of a grid that their middle is in. */
export class Grid {
  readonly #scene: Scene;
  readonly #cell: number;
  readonly #cells = new Map<number, number[]>();

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#cell = Math.sqrt((area(scene) * PER_CELL) / Math.max(1, scene.count)) || 1;
    for (let node = 0; node < scene.count; node += 1) {
      const key = this.#key(this.#of(scene.x[node] ?? 0), this.#of(scene.y[node] ?? 0));
      const cell = this.#cells.get(key);
      if (cell) cell.push(node);
      else this.#cells.set(key, [node]);
    }
  }

  /** The visible node nearest to a point, if one is within `reach`, or the point is inside it. */
  at(point: Point, reach: number, radius: (node: number) => number): number | null {
    let [best, least] = [-1, Infinity];
    const widest = Math.max(reach, radius(this.#scene.largest));
    for (const node of this.#near(point, widest)) {
      if (!this.#scene.visible[node]) continue;
      const dx = (this.#scene.x[node] ?? 0) - point.x;
      const dy = (this.#scene.y[node] ?? 0) - point.y;
      const distance = Math.hypot(dx, dy);
      if (distance < least && distance <= Math.max(reach, radius(node))) {
        [best, least] = [node, distance];
      }
    }
    return best < 0 ? null : best;
  }

  *#near({ x, y }: Point, distance: number): Generator<number> {
    for (let column = this.#of(x - distance); column <= this.#of(x + distance); column += 1) {
      for (let row = this.#of(y - distance); row <= this.#of(y + distance); row += 1) {
        yield* this.#cells.get(this.#key(column, row)) ?? [];
      }
    }
  }

  #of(value: number): number {
    return Math.floor(value / this.#cell);
  }

  #key(column: number, row: number): number {
    return column * ROWS + row;
  }
}

function area({ x, y, count }: Scene): number {
  const xs = x.subarray(0, count);
  const ys = y.subarray(0, count);
  const spread = (values: Float32Array) =>
    values.reduce((most, each) => Math.max(most, each), -Infinity) -
    values.reduce((least, each) => Math.min(least, each), Infinity);
  return count ? Math.max(1, spread(xs)) * Math.max(1, spread(ys)) : 1;
}
