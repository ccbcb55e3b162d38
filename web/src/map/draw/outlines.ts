import { SHAPES } from "./shaders.ts";

type Corners = readonly (readonly [number, number])[];

/** The corners of each shape that has some, in radii. The shaders draw the same shapes. */
const CORNERS: Readonly<Record<string, Corners>> = {
  diamond: [
    [0, -1.15],
    [1.15, 0],
    [0, 1.15],
    [-1.15, 0],
  ],
  triangle: [
    [0, -1.1],
    [1.05, 0.75],
    [-1.05, 0.75],
  ],
  square: [
    [-0.82, -0.82],
    [0.82, -0.82],
    [0.82, 0.82],
    [-0.82, 0.82],
  ],
  cross: [
    [-0.38, -1],
    [0.38, -1],
    [0.38, -0.38],
    [1, -0.38],
    [1, 0.38],
    [0.38, 0.38],
    [0.38, 1],
    [-0.38, 1],
    [-0.38, 0.38],
    [-1, 0.38],
    [-1, -0.38],
    [-0.38, -0.38],
  ],
  hexagon: [
    [-0.98, 0],
    [-0.49, -0.85],
    [0.49, -0.85],
    [0.98, 0],
    [0.49, 0.85],
    [-0.49, 0.85],
  ],
};

interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  arc(x: number, y: number, radius: number, from: number, to: number, back?: boolean): void;
  closePath(): void;
}

/** Adds the outline of a shape to a path. */
export function outline(pen: Pen, shape: number, [x, y]: [number, number], radius: number): void {
  const corners = CORNERS[SHAPES[shape] ?? ""];
  if (corners) {
    corners.forEach(([across, down], at) => {
      pen[at ? "lineTo" : "moveTo"](x + across * radius, y + down * radius);
    });
    pen.closePath();
    return;
  }
  pen.moveTo(x + radius, y);
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  if (SHAPES[shape] === "ring") {
    pen.moveTo(x + radius / 2, y);
    pen.arc(x, y, radius / 2, 0, 2 * Math.PI, true);
  }
}

/** The corners of a shape as the attribute \`points\` of an SVG polygon; null for round shapes. */
export function pointsOf(shape: string, radius: number): string | null {
  const corners = CORNERS[shape];
  return corners?.map(([x, y]) => `${x * radius},${y * radius}`).join(" ") ?? null;
}
