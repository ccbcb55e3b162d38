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
import { Drawing, painterFor } from "./draw/drawing.ts";
import { Grid } from "./draw/grid.ts";
import { pixels } from "./draw/painter.ts";
import { paletteOf } from "./draw/palette.ts";
import { listen } from "./draw/pointers.ts";
import { type Look, type Scene, sceneOf } from "./draw/scene.ts";
import type { Graph } from "./graph.ts";
import { TOKENS } from "./look.ts";
import { hintOf, nameOf } from "./names.ts";
import { Overlay } from "./overlay.ts";
import { cameraOf } from "./seen.ts";
import { Sight } from "./sight.ts";

/** Models that stand out, by the class of their ring; and edges, by that of their line. */
export interface Marks {
  rings: ReadonlyMap<number, string>;
  lines: readonly (readonly [number, number, string])[];
  /** The models of a path, which the map moves to. */
  path: readonly number[];
}

export interface Reactions {
  press(node: number | null): void;
  pressTwice(node: number): void;
  /** The camera rests after a person has moved it (`seen.ts`), or it shows all again (null). */
  see(seen: string | null): void;
}

const REACH = 10; // pixels around a node that belong to it
const OPENING = 26; // pixels of the radius of the largest node, at most, as a map opens

/** The map on a canvas: its camera, what is drawn, and what a person does with it. */
export class Stage {
  readonly #canvas: HTMLCanvasElement;
  readonly #drawing: Drawing;
  readonly #overlay: Overlay;
  readonly #stops: (() => void)[] = [];
  #graph: Graph | null = null;
  #question = "";
  #scene: Scene | null = null;
  #grid: Grid | null = null;
  #camera: Camera = { x: 0, y: 0, scale: 1 };
  #view: Size = { width: 1, height: 1 };
  #marks: Marks = { rings: new Map(), lines: [], path: [] };
  #over: number | null = null;
  #named = "";
  readonly #sight: Sight;

  /** Null if the browser cannot draw. */
  static on(
    canvas: HTMLCanvasElement,
    names: HTMLElement,
    lines: SVGSVGElement,
    reactions: Reactions,
  ): Stage | null {
    const painter = painterFor(canvas);
    return painter && new Stage(canvas, painter, new Overlay(names, lines), reactions);
  }

  private constructor(
    canvas: HTMLCanvasElement,
    painter: NonNullable<ReturnType<typeof painterFor>>,
    overlay: Overlay,
    { press, pressTwice, see }: Reactions,
  ) {
    this.#sight = new Sight(see);
    this.#canvas = canvas;
    this.#overlay = overlay;
    this.#drawing = new Drawing(canvas, painter, (_, resting) => this.#afterFrame(resting));
    this.#watch();
    const stop = listen(canvas, {
      drag: (dx, dy) => this.#moveByHand(dragged(this.#camera, dx, dy)),
      zoom: (factor, under) => this.#moveByHand(zoomed(this.#camera, this.#view, factor, under)),
      press: (at) => press(this.#at(at)),
      pressTwice: (at) => {
        const node = this.#at(at);
        if (node !== null) pressTwice(node);
      },
      hover: (at) => this.#hover(at),
    });
    this.#stops.push(stop);
  }

  /**
   * Shows a graph, and of it what is `seen`. One that has the same focus stays where it is, unless it
   * answers another question and nobody has moved the camera: then all of it is shown again.
   */
  load(graph: Graph, question: string, look: Look, visible: Uint8Array, seen: string | null): void {
    const same = this.#graph !== null && this.#graph.answer.focus === graph.answer.focus;
    const asked = this.#question;
    this.#question = question;
    this.#graph = graph;
    this.#scene = sceneOf(graph, look, visible);
    this.#grid = new Grid(this.#scene);
    this.#over = null;
    this.#drawing.load(this.#scene);
    this.#named = "";
    if (!same) this.#sight.seen = seen;
    if (!same || (asked !== question && this.#sight.all)) this.#turn();
  }

  /** Shows another part, unless it is what this stage has said itself. */
  see(seen: string | null): void {
    if (seen === this.#sight.seen) return;
    this.#sight.seen = seen;
    this.#turn();
  }

  look(look: Look, visible: Uint8Array): void {
    const scene = this.#scene;
    if (!scene || scene.count !== visible.length) return;
    scene.visible = visible;
    for (let node = 0; node < scene.count; node += 1) {
      scene.colour[node] = look.colour(node);
      scene.shape[node] = look.shape(node);
    }
    this.#named = "";
    this.#drawing.refresh();
  }

  /** Marks models and edges. Unless somebody has moved the camera, it turns to a path that is new. */
  mark(marks: Marks): void {
    const turns = String(marks.path) !== String(this.#marks.path) && this.#sight.all;
    this.#marks = marks;
    this.#overlay.mark(marks.rings, marks.lines);
    this.#named = "";
    this.#drawing.show();
    if (turns) this.#turn();
  }

  /** Moves to a node that is out of view since somebody has moved the camera. */
  seek(node: number): void {
    const scene = this.#scene;
    if (!scene || node >= scene.count || this.#sight.all) return;
    const at = { x: scene.x[node] ?? 0, y: scene.y[node] ?? 0 };
    if (!isInside(toScreen(this.#camera, this.#view, at), this.#view)) {
      this.#moveByHand({ ...this.#camera, ...at });
    }
  }

  fit(): void {
    this.#sight.tell(null);
    this.#turn([]);
  }

  zoom(factor: number): void {
    const middle = { x: this.#view.width / 2, y: this.#view.height / 2 };
    this.#moveByHand(zoomed(this.#camera, this.#view, factor, middle));
  }

  end(): void {
    this.#sight.stop();
    for (const stop of this.#stops) stop();
    this.#drawing.end();
  }

  #watch(): void {
    const sizes = new ResizeObserver(() => this.#resize());
    sizes.observe(this.#canvas);
    const theme = matchMedia("(prefers-color-scheme: dark)");
    const recolour = () => this.#drawing.colour(paletteOf(document.body, TOKENS));
    recolour();
    theme.addEventListener("change", recolour);
    this.#stops.push(
      () => sizes.disconnect(),
      () => theme.removeEventListener("change", recolour),
    );
  }

  #resize(): void {
    const first = this.#view.width <= 1;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (!width || !height) return;
    this.#view = { width, height };
    this.#drawing.resize(this.#view);
    this.#named = "";
    if (first || this.#sight.all) this.#turn();
  }

  /** Turns the camera to what is to be seen, or else to a path, or else to everything. */
  #turn(path = this.#marks.path): void {
    const scene = this.#scene;
    if (!scene?.count) return;
    this.#sight.stop();
    const { seen } = this.#sight;
    const given = seen && cameraOf(seen, this.#view);
    const all = path.length === 0;
    const [xs, ys] = all ? [scene.x, scene.y] : [picked(scene.x, path), picked(scene.y, path)];
    const largest = Math.max(...picked(scene.radius, all ? [scene.largest] : path));
    this.#move(given || fitted(xs, ys, this.#view, OPENING / largest));
    this.#drawing.rest();
  }

  #moveByHand(camera: Camera): void {
    this.#move(camera);
    this.#sight.moved(camera, this.#view);
  }

  #move(camera: Camera): void {
    this.#camera = camera;
    this.#drawing.move(camera);
  }

  #hover(at: Point | null): void {
    this.#over = at && this.#at(at);
    this.#canvas.dataset.over = this.#over === null ? "ground" : "model";
    this.#canvas.title = this.#over !== null && this.#graph ? hintOf(this.#graph, this.#over) : "";
  }

  #at(point: Point): number | null {
    const scene = this.#scene;
    if (!scene || !this.#grid) return null;
    const { scale } = this.#camera;
    const radius = (node: number) => pixels(scene.radius[node] ?? 0, scale) / scale;
    return this.#grid.at(toWorld(this.#camera, this.#view, point), REACH / scale, radius);
  }

  #afterFrame(resting: boolean): void {
    const [scene, graph] = [this.#scene, this.#graph];
    if (!scene || !graph) return;
    const seen = JSON.stringify(this.#camera);
    if (resting && this.#named !== seen) {
      const first = [...this.#marks.rings.keys()];
      const text = (node: number) => ({ name: nameOf(graph, node), more: graph.hiddenOf(node) });
      this.#overlay.name(scene, this.#camera, this.#view, text, first);
      this.#named = seen;
    }
    this.#overlay.place(scene, this.#camera, this.#view);
  }
}

function isInside({ x, y }: Point, { width, height }: Size): boolean {
  return x >= 0 && x <= width && y >= 0 && y <= height;
}

/** What a column has for some nodes. */
function picked(column: ArrayLike<number>, nodes: readonly number[]): number[] {
  return nodes.map((node) => column[node] ?? 1);
}
