import type { Point } from "./camera.ts";

/** What a person does with a pointer, fingers or a wheel on the map. */
export interface Gestures {
  drag(dx: number, dy: number): void;
  zoom(factor: number, under: Point): void;
  press(at: Point): void;
  pressTwice(at: Point): void;
  hover(at: Point | null): void;
}

const STILL = 5; // pixels within which a pointer that moves still presses
const TWICE_MS = 350;
const WHEEL = 0.0015;

/** Turns the events of an element into gestures; returns how to stop. */
export function listen(element: HTMLElement, gestures: Gestures): () => void {
  const reader = new Reader(element, gestures);
  const stop = new AbortController();
  const on = <K extends keyof HTMLElementEventMap>(
    kind: K,
    act: (event: HTMLElementEventMap[K]) => void,
  ) => element.addEventListener(kind, act, { signal: stop.signal, passive: false });
  on("pointerdown", (event) => reader.down(event));
  on("pointermove", (event) => reader.move(event));
  on("pointerup", (event) => reader.up(event));
  on("pointercancel", (event) => reader.cancel(event));
  on("pointerleave", () => gestures.hover(null));
  on("wheel", (event) => reader.wheel(event));
  return () => stop.abort();
}

class Reader {
  readonly #element: HTMLElement;
  readonly #gestures: Gestures;
  readonly #held = new Map<number, Point>();
  #from: Point = { x: 0, y: 0 };
  #moved = false;
  #last = { time: -Infinity, at: { x: 0, y: 0 } };

  constructor(element: HTMLElement, gestures: Gestures) {
    this.#element = element;
    this.#gestures = gestures;
  }

  down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#element.setPointerCapture(event.pointerId);
    if (this.#held.size === 0) {
      this.#from = this.#at(event);
      this.#moved = false;
    } else this.#moved = true;
    this.#held.set(event.pointerId, this.#at(event));
  }

  move(event: PointerEvent): void {
    const at = this.#at(event);
    const before = this.#held.get(event.pointerId);
    if (!before) {
      this.#gestures.hover(at);
      return;
    }
    if (distance(at, this.#from) > STILL) this.#moved = true;
    if (this.#moved) this.#drag(event.pointerId, before, at);
    this.#held.set(event.pointerId, at);
  }

  up(event: PointerEvent): void {
    if (!this.#held.delete(event.pointerId) || this.#moved) return;
    const at = this.#at(event);
    const twice =
      event.timeStamp - this.#last.time < TWICE_MS && distance(at, this.#last.at) < 4 * STILL;
    this.#last = { time: twice ? -Infinity : event.timeStamp, at };
    this.#gestures[twice ? "pressTwice" : "press"](at);
  }

  cancel(event: PointerEvent): void {
    this.#held.delete(event.pointerId);
  }

  wheel(event: WheelEvent): void {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    this.#gestures.zoom(Math.exp(-event.deltaY * pixels * WHEEL), this.#at(event));
  }

  #drag(pointer: number, before: Point, at: Point): void {
    const other = [...this.#held].find(([id]) => id !== pointer)?.[1];
    if (other) {
      const factor = distance(at, other) / Math.max(1, distance(before, other));
      this.#gestures.zoom(factor, { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 });
    }
    const share = other ? 0.5 : 1;
    this.#gestures.drag((at.x - before.x) * share, (at.y - before.y) * share);
  }

  #at({ clientX, clientY }: MouseEvent): Point {
    const { left, top } = this.#element.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
