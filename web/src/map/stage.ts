import type { Point } from "./draw/camera.ts";
import { Drawing, painterFor } from "./draw/drawing.ts";
import { Grid } from "./draw/grid.ts";
import { pixels } from "./draw/painter.ts";
import { paletteOf } from "./draw/palette.ts";
import { listen } from "./draw/pointers.ts";
import { type Look, type Scene, sceneOf } from "./draw/scene.ts";
import type { Graph } from "./graph.ts";
import { TOKENS } from "./look.ts";
import type { Marks } from "./marks.ts";
import { hintOf, nameOf } from "./names.ts";
import { Overlay } from "./overlay.ts";
import { Viewpoint } from "./viewpoint.ts";

export interface Reactions {
  press(node: number | null): void;
  pressTwice(node: number): void;
  /** The camera rests after a person has moved it (`seen.ts`), or it shows all again (null). */
  see(seen: string | null): void;
}

const REACH = 10; // pixels around a node that belong to it

/** The map on a canvas: what is drawn, and what a person does with it. */
export class Stage {
  readonly #canvas: HTMLCanvasElement;
  readonly #drawing: Drawing;
  readonly #overlay: Overlay;
  readonly #stops: (() => void)[] = [];
  #graph: Graph | null = null;
  #question = "";
  #scene: Scene | null = null;
  #grid: Grid | null = null;
  readonly #viewpoint: Viewpoint;
  #marks: Marks = { rings: new Map(), lines: [], path: [] };
  #over: number | null = null;
  #named = "";

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
    this.#viewpoint = new Viewpoint(see, (camera, byHand) => {
      this.#drawing.move(camera);
      if (!byHand) this.#drawing.rest();
    });
    this.#canvas = canvas;
    this.#overlay = overlay;
    this.#drawing = new Drawing(canvas, painter, (_, resting) => this.#afterFrame(resting));
    this.#watch();
    const stop = listen(canvas, {
      drag: (dx, dy) => this.#viewpoint.drag(dx, dy),
      zoom: (factor, under) => this.#viewpoint.zoom(factor, under),
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
    if (!same) this.#viewpoint.seen = seen;
    if (!same || (asked !== question && this.#viewpoint.all)) this.#turn();
  }

  /** Shows another part, unless it is what this stage has said itself. */
  see(seen: string | null): void {
    if (seen === this.#viewpoint.seen) return;
    this.#viewpoint.seen = seen;
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
    const turns = String(marks.path) !== String(this.#marks.path) && this.#viewpoint.all;
    this.#marks = marks;
    this.#overlay.mark(marks.rings, marks.lines);
    this.#named = "";
    this.#drawing.show();
    if (turns) this.#turn();
  }

  /** Moves to a node that is out of view since somebody has moved the camera. */
  seek(node: number): void {
    const scene = this.#scene;
    if (!scene || node >= scene.count || this.#viewpoint.all) return;
    this.#viewpoint.seek({ x: scene.x[node] ?? 0, y: scene.y[node] ?? 0 });
  }

  fit(): void {
    this.#viewpoint.forget();
    this.#turn([]);
  }

  zoom(factor: number): void {
    this.#viewpoint.zoom(factor);
  }

  end(): void {
    this.#viewpoint.stop();
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
    const first = this.#viewpoint.view.width <= 1;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (!width || !height) return;
    this.#viewpoint.view = { width, height };
    this.#drawing.resize(this.#viewpoint.view);
    this.#named = "";
    if (first || this.#viewpoint.all) this.#turn();
  }

  #turn(path = this.#marks.path): void {
    if (this.#scene) this.#viewpoint.turn(this.#scene, path);
  }

  #hover(at: Point | null): void {
    this.#over = at && this.#at(at);
    this.#canvas.dataset.over = this.#over === null ? "ground" : "model";
    this.#canvas.title = this.#over !== null && this.#graph ? hintOf(this.#graph, this.#over) : "";
  }

  #at(point: Point): number | null {
    const scene = this.#scene;
    if (!scene || !this.#grid) return null;
    const { scale } = this.#viewpoint.camera;
    const radius = (node: number) => pixels(scene.radius[node] ?? 0, scale) / scale;
    return this.#grid.at(this.#viewpoint.toWorld(point), REACH / scale, radius);
  }

  #afterFrame(resting: boolean): void {
    const [scene, graph] = [this.#scene, this.#graph];
    if (!scene || !graph) return;
    const { camera, view } = this.#viewpoint;
    const seen = JSON.stringify(camera);
    if (resting && this.#named !== seen) {
      const first = [...this.#marks.rings.keys()];
      const text = (node: number) => ({ name: nameOf(graph, node), more: graph.hiddenOf(node) });
      this.#overlay.name(scene, camera, view, text, first);
      this.#named = seen;
    }
    this.#overlay.place(scene, camera, view);
  }
}
