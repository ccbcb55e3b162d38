import type { Scene } from "./scene.ts";

/** The arrays of a scene on the graphics processor, in the order in which they are drawn. */
export class Vertices {
  count = { nodes: 0, edges: 0 };
  readonly #gl: WebGL2RenderingContext;
  readonly #nodes: WebGLVertexArrayObject;
  readonly #edges: WebGLVertexArrayObject;
  readonly #buffers: Record<"at" | "radius" | "look" | "ends" | "seen", WebGLBuffer>;
  #scene: Scene | null = null;

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.#nodes = gl.createVertexArray();
    this.#edges = gl.createVertexArray();
    const made = () => gl.createBuffer();
    this.#buffers = { at: made(), radius: made(), look: made(), ends: made(), seen: made() };
    gl.bindVertexArray(this.#nodes);
    this.#floats(0, this.#buffers.at, 2);
    this.#floats(1, this.#buffers.radius, 1);
    this.#bytes(2, this.#buffers.look, 4);
    gl.bindVertexArray(this.#edges);
    this.#floats(0, this.#buffers.ends, 2);
    this.#bytes(1, this.#buffers.seen, 1);
  }

  load(scene: Scene): void {
    this.#scene = scene;
    this.count = { nodes: scene.count, edges: scene.edges.length / 2 };
    this.#fill(this.#buffers.at, places(scene, scene.order));
    this.#fill(this.#buffers.radius, scene.order.length ? radii(scene) : new Float32Array());
    this.#fill(this.#buffers.ends, places(scene, scene.edges));
    this.refresh();
  }

  /** Sends the bytes again that say how each node looks and whether it is visible. */
  refresh(): void {
    const scene = this.#scene;
    if (!scene) return;
    const look = new Uint8Array(scene.count * 4); // a multiple of four lies better in memory;
    scene.order.forEach((node, at) => {
      look.set([scene.colour[node] ?? 0, scene.shape[node] ?? 0, scene.visible[node] ?? 0], at * 4);
    });
    this.#fill(this.#buffers.look, look);
    const { edges, visible } = scene;
    const seen = new Uint8Array(edges.length);
    for (let end = 0; end < edges.length; end += 2) {
      const both = (visible[edges[end] ?? 0] ?? 0) & (visible[edges[end + 1] ?? 0] ?? 0);
      seen[end] = both;
      seen[end + 1] = both;
    }
    this.#fill(this.#buffers.seen, seen);
  }

  drawNodes(first: number, count: number): void {
    this.#gl.bindVertexArray(this.#nodes);
    this.#gl.drawArrays(this.#gl.POINTS, first, count);
  }

  drawEdges(first: number, count: number): void {
    this.#gl.bindVertexArray(this.#edges);
    this.#gl.drawArrays(this.#gl.LINES, first * 2, count * 2);
  }

  #floats(place: number, buffer: WebGLBuffer, size: number): void {
    const gl = this.#gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, size, gl.FLOAT, false, 0, 0);
  }

  #bytes(place: number, buffer: WebGLBuffer, size: number): void {
    const gl = this.#gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribIPointer(place, size, gl.UNSIGNED_BYTE, 0, 0);
  }

  #fill(buffer: WebGLBuffer, values: Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>): void {
    this.#gl.bindBuffer(this.#gl.ARRAY_BUFFER, buffer);
    this.#gl.bufferData(this.#gl.ARRAY_BUFFER, values, this.#gl.DYNAMIC_DRAW);
  }
}

/** The places of nodes, one after the other. */
function places({ x, y }: Scene, nodes: Uint32Array): Float32Array<ArrayBuffer> {
  const found = new Float32Array(nodes.length * 2);
  nodes.forEach((node, at) => {
    found[2 * at] = x[node] ?? 0;
    found[2 * at + 1] = y[node] ?? 0;
  });
  return found;
}

function radii({ radius, order }: Scene): Float32Array<ArrayBuffer> {
  return Float32Array.from(order, (node) => radius[node] ?? 0);
}
