import type { Camera, Size } from "./camera.ts";
import type { Scene } from "./scene.ts";

/** A picture is drawn larger than the view by this factor, so that moving shows what is beside. */
export const LARGER = 1.5;

/** The radius of a node in pixels, for a radius in units of the world. */
export const LEAST_PIXELS = 1.25;
export const MOST_PIXELS = 22;

export function pixels(radius: number, scale: number): number {
  return Math.min(MOST_PIXELS, Math.max(LEAST_PIXELS, radius * scale));
}

/** The colours of a theme, each as red, green and blue between 0 and 1. */
export type Rgb = readonly [number, number, number];

export interface Palette {
  ground: Rgb;
  edge: Rgb;
  colours: readonly Rgb[];
}

/** Draws a scene: slowly into a picture, step by step, and fast as a picture that moves. */
export interface Painter {
  load(scene: Scene): void;
  colour(palette: Palette): void;
  /** Takes over changes of `visible`, `colour` and `shape`. */
  refresh(): void;
  resize(view: Size, density: number): void;
  /** Begins a new picture, which takes the place of the old one once its nodes are there. */
  begin(camera: Camera): void;
  /** Draws more of the picture; false when it is finished. */
  step(): boolean;
  /** Shows the picture as it looks from a camera. */
  show(camera: Camera): void;
  end(): void;
}
