import { type Camera, type Point, type Size, toScreen } from "./draw/camera.ts";
import { chooseLabels, type Label, type LabelText, more } from "./draw/labels.ts";
import { pixels } from "./draw/painter.ts";
import { GAP, HEIGHT, type Side } from "./draw/places.ts";
import type { Scene } from "./draw/scene.ts";

const SVG = "http://www.w3.org/2000/svg";

/** What lies above the canvas: names, rings around models, and lines of a path. */
export class Overlay {
  readonly #names: HTMLElement;
  readonly #marks: SVGSVGElement;
  #labels: (Label & { element: HTMLElement })[] = [];
  #rings: { node: number; element: SVGElement }[] = [];
  #lines: { ends: [number, number]; element: SVGElement }[] = [];

  constructor(names: HTMLElement, marks: SVGSVGElement) {
    this.#names = names;
    this.#marks = marks;
  }

  /** Chooses names anew, as the view rests. */
  name(
    scene: Scene,
    camera: Camera,
    view: Size,
    textOf: (node: number) => LabelText,
    first: readonly number[],
  ): void {
    const labels = chooseLabels(scene, camera, view, textOf, first);
    this.#names.replaceChildren();
    this.#labels = labels.map((label) => {
      const element = document.createElement("span");
      element.textContent = label.name;
      element.dataset.side = label.side;
      if (label.more) element.dataset.more = more(label.more);
      this.#names.append(element);
      return { ...label, element };
    });
  }

  /** Marks models by rings of a class each, and edges by lines. */
  mark(rings: ReadonlyMap<number, string>, lines: readonly (readonly [number, number, string])[]) {
    this.#marks.replaceChildren();
    this.#lines = lines.map(([a, b, kind]) => ({ ends: [a, b], element: this.#add("line", kind) }));
    this.#rings = [...rings].map(([node, kind]) => ({ node, element: this.#add("circle", kind) }));
  }

  /** Moves everything to where the camera has it. */
  place(scene: Scene, camera: Camera, view: Size): void {
    const at = (node: number) =>
      toScreen(camera, view, { x: scene.x[node] ?? 0, y: scene.y[node] ?? 0 });
    const radius = (node: number) => pixels(scene.radius[node] ?? 0, camera.scale);
    for (const { node, side, element } of this.#labels) {
      element.style.transform = movedTo(at(node), radius(node) + GAP, side);
    }
    for (const { node, element } of this.#rings) {
      set(element, { cx: at(node).x, cy: at(node).y, r: radius(node) + 4 });
    }
    for (const { ends, element } of this.#lines) {
      const [from, to] = between(at(ends[0]), radius(ends[0]), at(ends[1]), radius(ends[1]));
      set(element, { x1: from.x, y1: from.y, x2: to.x, y2: to.y });
    }
  }

  #add(kind: "line" | "circle", name: string): SVGElement {
    const element = document.createElementNS(SVG, kind);
    element.setAttribute("class", name);
    this.#marks.append(element);
    return element;
  }
}

/** How a name is moved from the corner of the view to a side of its node. */
function movedTo({ x, y }: Point, away: number, side: Side): string {
  const beside = y - HEIGHT / 2;
  if (side === "right") return `translate(${x + away}px, ${beside}px)`;
  if (side === "left") return `translate(${x - away}px, ${beside}px) translateX(-100%)`;
  const top = side === "below" ? y + away : y - away - HEIGHT;
  return `translate(${x}px, ${top}px) translateX(-50%)`;
}

/** The ends of a line between the rims of two circles. */
function between(a: Point, ofA: number, b: Point, ofB: number): [Point, Point] {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const towards = (from: Point, to: Point, by: number): Point => ({
    x: from.x + ((to.x - from.x) * by) / length,
    y: from.y + ((to.y - from.y) * by) / length,
  });
  return [towards(a, b, Math.min(ofA, length / 2)), towards(b, a, Math.min(ofB, length / 2))];
}

function set(element: SVGElement, values: Record<string, number>): void {
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, value.toFixed(1));
}
