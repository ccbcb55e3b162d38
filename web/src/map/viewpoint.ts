import {
  type Camera,
  dragged,
  fitted,
  type Point,
  type Size,
  toScreen,
  toWorld,
  zoomed,
} from "./draw/camera.ts";
import type { Scene } from "./draw/scene.ts";
import { cameraOf } from "./seen.ts";
import { Sight } from "./sight.ts";

const OPENING = 26; // pixels of the radius of the largest node, at most, as a map opens

/** Where the camera stands: where the map has turned it, or a person has moved it. */
export class Viewpoint {
  camera: Camera = { x: 0, y: 0, scale: 1 };
  view: Size = { width: 1, height: 1 };
  readonly #sight: Sight;
  readonly #moved: (camera: Camera, byHand: boolean) => void;

  constructor(
    see: (seen: string | null) => void,
    moved: (camera: Camera, byHand: boolean) => void,
  ) {
    this.#sight = new Sight(see);
    this.#moved = moved;
  }

  /** What is to be seen (`seen.ts`); null: everything. */
  get seen(): string | null {
    return this.#sight.seen;
  }

  set seen(seen: string | null) {
    this.#sight.seen = seen;
  }

  /** Whether everything is seen: nobody has moved the camera. */
  get all(): boolean {
    return this.#sight.all;
  }

  /** Turns to what is to be seen, or else to the nodes of a path, or else to everything. */
  turn(scene: Scene, path: readonly number[]): void {
    if (!scene.count) return;
    this.stop();
    const given = this.seen && cameraOf(this.seen, this.view);
    const all = path.length === 0;
    const [xs, ys] = all ? [scene.x, scene.y] : [picked(scene.x, path), picked(scene.y, path)];
    const largest = Math.max(...picked(scene.radius, all ? [scene.largest] : path));
    this.#move(given || fitted(xs, ys, this.view, OPENING / largest), false);
  }

  /** From now on, everything is to be seen. */
  forget(): void {
    this.#sight.tell(null);
  }

  drag(dx: number, dy: number): void {
    this.#moveByHand(dragged(this.camera, dx, dy));
  }

  /** Zooms around a point of the view; without one, around its middle. */
  zoom(factor: number, under?: Point): void {
    const around = under ?? { x: this.view.width / 2, y: this.view.height / 2 };
    this.#moveByHand(zoomed(this.camera, this.view, factor, around));
  }

  /** Moves to a point of the world, unless it is in view. */
  seek(at: Point): void {
    const { x, y } = toScreen(this.camera, this.view, at);
    const inside = x >= 0 && x <= this.view.width && y >= 0 && y <= this.view.height;
    if (!inside) this.#moveByHand({ ...this.camera, ...at });
  }

  toWorld(point: Point): Point {
    return toWorld(this.camera, this.view, point);
  }

  stop(): void {
    this.#sight.stop();
  }

  #moveByHand(camera: Camera): void {
    this.#move(camera, true);
    this.#sight.moved(camera, this.view);
  }

  #move(camera: Camera, byHand: boolean): void {
    this.camera = camera;
    this.#moved(camera, byHand);
  }
}

/** What a column has for some nodes. */
function picked(column: ArrayLike<number>, nodes: readonly number[]): number[] {
  return nodes.map((node) => column[node] ?? 1);
}
