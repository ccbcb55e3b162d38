import type { Camera, Size } from "./camera.ts";
import { outline } from "./outlines.ts";
import { LARGER, type Painter, type Palette, pixels, type Rgb } from "./painter.ts";
import type { Scene } from "./scene.ts";

const A_STEP = 2_000;

/** Draws with the browser's 2D canvas, for browsers that have no WebGL 2. */
export class CanvasPainter implements Painter {
  readonly #context: CanvasRenderingContext2D;
  readonly #picture = document.createElement("canvas");
  #palette: Palette = { ground: [1, 1, 1], edge: [0, 0, 0], colours: [] };
  #scene: Scene | null = null;
  #camera: Camera = { x: 0, y: 0, scale: 1 };
  #density = 1;
  #done = { nodes: 0, edges: 0 };

  constructor(context: CanvasRenderingContext2D) {
    this.#context = context;
  }

  load(scene: Scene): void {
    this.#scene = scene;
  }

  refresh(): void {}

  colour(palette: Palette): void {
    this.#palette = palette;
  }

  resize(view: Size, density: number): void {
    this.#density = density;
    this.#picture.width = Math.round(view.width * LARGER * density);
    this.#picture.height = Math.round(view.height * LARGER * density);
  }

  begin(camera: Camera): void {
    this.#camera = camera;
    this.#done = { nodes: 0, edges: 0 };
    const pen = this.#pen();
    pen.fillStyle = css(this.#palette.ground);
    pen.fillRect(0, 0, this.#picture.width, this.#picture.height);
  }

  /** Edges come first here, since nothing keeps them behind nodes. */
  step(): boolean {
    const scene = this.#scene;
    if (!scene) return false;
    const [pen, done, lines] = [this.#pen(), this.#done, scene.edges.length / 2];
    if (done.edges < lines) {
      const last = Math.min(lines, done.edges + A_STEP);
      this.#drawEdges(pen, scene, done.edges, last);
      done.edges = last;
    } else {
      const last = Math.min(scene.count, done.nodes + A_STEP);
      this.#drawNodes(pen, scene, done.nodes, last);
      done.nodes = last;
    }
    return done.edges < lines || done.nodes < scene.count;
  }

  show(camera: Camera): void {
    const { canvas } = this.#context;
    const factor = camera.scale / this.#camera.scale;
    const moved = camera.scale * this.#density;
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.fillStyle = css(this.#palette.ground);
    this.#context.fillRect(0, 0, canvas.width, canvas.height);
    const x = canvas.width / 2 + (this.#camera.x - camera.x) * moved;
    const y = canvas.height / 2 + (this.#camera.y - camera.y) * moved;
    this.#context.setTransform(factor, 0, 0, factor, x, y);
    const { width, height } = this.#picture;
    this.#context.drawImage(this.#picture, -width / 2, -height / 2);
  }

  end(): void {}

  #pen(): CanvasRenderingContext2D {
    const pen = this.#picture.getContext("2d");
    if (!pen) throw new Error("the browser has no canvas left");
    return pen;
  }

  #drawEdges(pen: CanvasRenderingContext2D, scene: Scene, first: number, last: number): void {
    pen.strokeStyle = css(this.#palette.edge);
    pen.globalAlpha = 0.3;
    pen.lineWidth = this.#density;
    pen.beginPath();
    for (let edge = first; edge < last; edge += 1) {
      const [a, b] = [scene.edges[2 * edge] ?? 0, scene.edges[2 * edge + 1] ?? 0];
      if (!scene.visible[a] || !scene.visible[b]) continue;
      pen.moveTo(...this.#at(scene, a));
      pen.lineTo(...this.#at(scene, b));
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }

  #drawNodes(pen: CanvasRenderingContext2D, scene: Scene, first: number, last: number): void {
    // The most important nodes come last, so that they lie above the others.
    for (let place = first; place < last; place += 1) {
      const node = scene.order[scene.count - 1 - place] ?? 0;
      if (!scene.visible[node]) continue;
      const radius = pixels(scene.radius[node] ?? 0, this.#camera.scale) * this.#density;
      pen.fillStyle = css(this.#palette.colours[scene.colour[node] ?? 0] ?? this.#palette.edge);
      pen.beginPath();
      outline(pen, scene.shape[node] ?? 0, this.#at(scene, node), radius);
      pen.fill();
    }
  }

  #at({ x, y }: Scene, node: number): [number, number] {
    const moved = this.#camera.scale * this.#density;
    const across = ((x[node] ?? 0) - this.#camera.x) * moved;
    const down = ((y[node] ?? 0) - this.#camera.y) * moved;
    return [this.#picture.width / 2 + across, this.#picture.height / 2 + down];
  }
}

function css([red, green, blue]: Rgb): string {
  return `rgb(${red * 255} ${green * 255} ${blue * 255})`;
}
