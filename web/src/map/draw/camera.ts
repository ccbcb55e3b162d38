/** The part of the world that is seen: its middle, and how many pixels are one unit. */
export interface Camera {
  x: number;
  y: number;
  scale: number;
}

/** The size of a view, in pixels of the page. */
export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

const MARGIN = 48;
const NAMES = 140; // pixels for the names, which stand to the right of nodes
const CLOSEST = 60;
const FURTHEST = 0.0005;

export function toScreen(camera: Camera, view: Size, { x, y }: Point): Point {
  return {
    x: view.width / 2 + (x - camera.x) * camera.scale,
    y: view.height / 2 + (y - camera.y) * camera.scale,
  };
}

export function toWorld(camera: Camera, view: Size, { x, y }: Point): Point {
  return {
    x: camera.x + (x - view.width / 2) / camera.scale,
    y: camera.y + (y - view.height / 2) / camera.scale,
  };
}

/** The camera after the world was dragged by some pixels. */
export function dragged(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x - dx / camera.scale, y: camera.y - dy / camera.scale };
}

/** The camera after zooming by a factor, with the same point of the world under a pixel. */
export function zoomed(camera: Camera, view: Size, factor: number, under: Point): Camera {
  const scale = Math.min(CLOSEST, Math.max(FURTHEST, camera.scale * factor));
  const fixed = toWorld(camera, view, under);
  const x = fixed.x - (under.x - view.width / 2) / scale;
  const y = fixed.y - (under.y - view.height / 2) / scale;
  return { x, y, scale };
}

/** The camera that sees all points, and is not closer than `closest`. */
export function fitted(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  view: Size,
  closest: number,
): Camera {
  const [left, right] = range(xs);
  const [top, bottom] = range(ys);
  const names = Math.min(NAMES, view.width / 4);
  const across = Math.max(1, view.width - 2 * MARGIN - names) / Math.max(1e-6, right - left);
  const down = Math.max(1, view.height - 2 * MARGIN) / Math.max(1e-6, bottom - top);
  const scale = Math.max(FURTHEST, Math.min(closest, across, down));
  return { x: (left + right + names / scale) / 2, y: (top + bottom) / 2, scale };
}

function range(values: ArrayLike<number>): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? 0;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return least <= most ? [least, most] : [0, 0];
}
