import type { Camera, Size } from "./camera.ts";
import { CanvasPainter } from "./canvas2d.ts";
import type { Painter, Palette } from "./painter.ts";
import type { Scene } from "./scene.ts";
import { WebGlPainter } from "./webgl.ts";

const REST_MS = 120;
const FAST_MS = 24;
const MOST_STEPS = 16;
const MOST_DENSITY = 2;

/** A painter for a canvas; null if the browser can draw in no way. */
export function painterFor(canvas: HTMLCanvasElement): Painter | null {
  const options: WebGLContextAttributes = { antialias: false, alpha: false, depth: false };
  const gl = canvas.getContext("webgl2", options) as WebGL2RenderingContext | null;
  if (gl) return new WebGlPainter(gl);
  const context = canvas.getContext("2d");
  return context && new CanvasPainter(context);
}

/** Keeps a canvas up to date: moves the last picture at once, and draws a new one at rest. */
export class Drawing {
  readonly #canvas: HTMLCanvasElement;
  readonly #painter: Painter;
  readonly #onframe: (camera: Camera, resting: boolean) => void;
  #camera: Camera = { x: 0, y: 0, scale: 1 };
  #movedAt = -Infinity;
  #drawnAt = -Infinity;
  #unfinished = false;
  #sized = false;
  #stale = true;
  #frame = 0;
  #steps = 1;

  constructor(
    canvas: HTMLCanvasElement,
    painter: Painter,
    onframe: (camera: Camera, resting: boolean) => void,
  ) {
    this.#canvas = canvas;
    this.#painter = painter;
    this.#onframe = onframe;
  }

  load(scene: Scene): void {
    this.#painter.load(scene);
    this.#renew();
  }

  /** The bytes of the scene have changed: what is visible, or how it looks. */
  refresh(): void {
    this.#painter.refresh();
    this.#renew();
  }

  colour(palette: Palette): void {
    this.#painter.colour(palette);
    this.#renew();
  }

  resize(view: Size): void {
    const density = Math.min(MOST_DENSITY, devicePixelRatio);
    this.#canvas.width = Math.round(view.width * density);
    this.#canvas.height = Math.round(view.height * density);
    this.#painter.resize(view, density);
    this.#sized = true;
    this.#renew();
  }

  move(camera: Camera): void {
    this.#camera = camera;
    this.#movedAt = performance.now();
    this.#stale = true;
    this.#ask();
  }

  /** Draws the picture anew at once, without waiting for the camera to rest. */
  rest(): void {
    this.#movedAt = -Infinity;
    this.#ask();
  }

  /** Shows the same picture once more, since something above it has changed. */
  show(): void {
    this.#ask();
  }

  end(): void {
    cancelAnimationFrame(this.#frame);
    this.#painter.end();
  }

  /** Draws a new picture at once, since the old one shows something else. */
  #renew(): void {
    this.#stale = true;
    this.rest();
  }

  #ask(): void {
    if (!this.#frame) this.#frame = requestAnimationFrame((now) => this.#draw(now));
  }

  #draw(now: number): void {
    this.#frame = 0;
    if (!this.#sized) return;
    this.#pace(now - this.#drawnAt);
    this.#drawnAt = now;
    const resting = now - this.#movedAt >= REST_MS;
    if (resting) this.#refine();
    this.#painter.show(this.#camera);
    this.#onframe(this.#camera, resting);
    this.#canvas.dataset.drawn = resting && !this.#unfinished ? "whole" : "partly";
    if (!resting || this.#unfinished) this.#ask();
  }

  #refine(): void {
    if (this.#stale) {
      this.#painter.begin(this.#camera);
      this.#stale = false;
      this.#unfinished = true;
    }
    for (let step = 0; step < this.#steps && this.#unfinished; step += 1) {
      this.#unfinished = this.#painter.step();
    }
  }

  /** More steps a frame where frames come fast, as with a real graphics processor. */
  #pace(took: number): void {
    const more = took < FAST_MS ? this.#steps * 2 : this.#steps / 4;
    this.#steps = Math.max(1, Math.min(MOST_STEPS, Math.floor(more)));
  }
}
