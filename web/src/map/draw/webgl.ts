import type { Camera, Size } from "./camera.ts";
import { Program, Target } from "./gl.ts";
import { LARGER, LEAST_PIXELS, MOST_PIXELS, type Painter, type Palette } from "./painter.ts";
import type { Scene } from "./scene.ts";
import * as shaders from "./shaders.ts";
import { Vertices } from "./vertices.ts";

const NODES_A_STEP = 20_000;
const EDGES_A_STEP = 4_000;
const CLEAR = 6; // many edges are drawn fainter than few
const ORIGIN: Camera = { x: 0, y: 0, scale: 1 };

/** Draws with WebGL 2: while the camera moves, only one quad with the last picture. */
export class WebGlPainter implements Painter {
  readonly #gl: WebGL2RenderingContext;
  readonly #nodes: Program;
  readonly #edges: Program;
  readonly #quad: Program;
  readonly #vertices: Vertices;
  /** The picture that is shown, the other one, and that of both which is drawn into. */
  #front: Picture;
  #back: Picture;
  #target: Picture;
  #palette: Palette = { ground: [1, 1, 1], edge: [0, 0, 0], colours: [] };
  #view: Size = { width: 1, height: 1 };
  #density = 1;
  #done = { nodes: 0, edges: 0 };

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#nodes = new Program(gl, shaders.NODE_VERTICES, shaders.NODE_PIXELS);
    this.#edges = new Program(gl, shaders.EDGE_VERTICES, shaders.EDGE_PIXELS);
    this.#quad = new Program(gl, shaders.QUAD_VERTICES, shaders.QUAD_PIXELS);
    this.#vertices = new Vertices(gl);
    this.#front = { target: new Target(gl), camera: null };
    this.#back = { target: new Target(gl), camera: null };
    this.#target = this.#back;
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  load(scene: Scene): void {
    this.#vertices.load(scene);
  }

  refresh(): void {
    this.#vertices.refresh();
  }

  colour(palette: Palette): void {
    this.#palette = palette;
  }

  resize(view: Size, density: number): void {
    this.#view = view;
    this.#density = density;
    for (const { target } of [this.#front, this.#back]) {
      target.resize(this.#across(view.width), this.#across(view.height));
    }
    this.#front.camera = null;
  }

  begin(camera: Camera): void {
    const gl = this.#gl;
    this.#target = this.#back;
    this.#target.camera = camera;
    this.#done = { nodes: 0, edges: 0 };
    this.#target.target.bind();
    gl.clearColor(...this.#palette.ground, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
  }

  step(): boolean {
    const { nodes, edges } = this.#vertices.count;
    const done = this.#done;
    this.#aim();
    if (this.#target === this.#back) {
      const count = Math.min(NODES_A_STEP, nodes - done.nodes);
      this.#drawNodes(done.nodes, count);
      done.nodes += count;
      // From now on the new picture is shown, while edges are added to it.
      if (done.nodes === nodes) [this.#front, this.#back] = [this.#back, this.#front];
    } else {
      const count = Math.min(EDGES_A_STEP, edges - done.edges);
      this.#drawEdges(done.edges, count);
      done.edges += count;
    }
    return done.nodes < nodes || done.edges < edges;
  }

  show(camera: Camera): void {
    const gl = this.#gl;
    const picture = this.#front;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.BLEND);
    this.#quad.use();
    gl.uniform3fv(this.#quad.at("ground"), this.#palette.ground);
    gl.uniform4fv(this.#quad.at("from"), this.#from(camera, picture.camera ?? camera));
    gl.bindTexture(gl.TEXTURE_2D, picture.target.texture);
    gl.bindVertexArray(null);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  end(): void {
    this.#gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  /** Which part of a picture a view shows, as a factor and an offset in each direction. */
  #from(camera: Camera, picture: Camera): [number, number, number, number] {
    const factor = picture.scale / camera.scale / LARGER;
    const perUnit = (2 * picture.scale) / LARGER;
    const across = ((camera.x - picture.x) * perUnit) / this.#view.width;
    const down = ((camera.y - picture.y) * perUnit) / this.#view.height;
    return [factor, factor, across, -down];
  }

  /** Draws into the picture from now on. */
  #aim(): void {
    const gl = this.#gl;
    this.#target.target.bind();
    gl.viewport(0, 0, this.#across(this.#view.width), this.#across(this.#view.height));
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.BLEND);
  }

  #drawNodes(first: number, count: number): void {
    const gl = this.#gl;
    this.#place(this.#nodes);
    const sizes = [
      this.#target.camera?.scale ?? 1,
      LEAST_PIXELS,
      MOST_PIXELS,
      this.#density,
    ] as const;
    gl.uniform4f(this.#nodes.at("sizes"), ...sizes);
    gl.uniform3fv(this.#nodes.at("palette"), this.#palette.colours.flat());
    gl.uniform3fv(this.#nodes.at("ground"), this.#palette.ground);
    this.#vertices.drawNodes(first, count);
  }

  #drawEdges(first: number, count: number): void {
    this.#place(this.#edges);
    const crowd = CLEAR / Math.sqrt(this.#vertices.count.edges);
    const alpha = Math.min(0.5, Math.max(0.06, crowd));
    this.#gl.uniform4f(this.#edges.at("line"), ...this.#palette.edge, alpha);
    this.#vertices.drawEdges(first, count);
  }

  #place(program: Program): void {
    const { x, y, scale } = this.#target.camera ?? ORIGIN;
    const perUnit = (2 * scale) / LARGER;
    program.use();
    this.#gl.uniform2f(program.at("middle"), x, y);
    const [across, down] = [perUnit / this.#view.width, -perUnit / this.#view.height];
    this.#gl.uniform2f(program.at("perUnit"), across, down);
  }

  /** The pixels of a side of the picture. */
  #across(side: number): number {
    return Math.max(1, Math.round(side * LARGER * this.#density));
  }
}

interface Picture {
  target: Target;
  camera: Camera | null;
}
