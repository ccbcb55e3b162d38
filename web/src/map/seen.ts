import type { Camera, Size } from "./draw/camera.ts";

const NUMBER = String.raw`-?\d{1,7}(?:\.\d{1,6})?`;
const WRITTEN = new RegExp(`^(${NUMBER})_(${NUMBER})_(${NUMBER})$`);
const DIGITS = 5;

/**
 * What a camera sees, as an address has it: the middle, and how much of the world the smaller side
 * of the view spans. So a phone shows the same part as a large window.
 */
export function written({ x, y, scale }: Camera, view: Size): string {
  const span = Math.min(view.width, view.height) / scale;
  return [x, y, span].map((each) => String(rounded(each))).join("_");
}

/** The camera that sees the same in a view; null for a text that no address has. */
export function cameraOf(text: string, view: Size): Camera | null {
  const [, x, y, span] = WRITTEN.exec(text)?.map(Number) ?? [];
  if (x === undefined || y === undefined || !span || span <= 0) return null;
  return { x, y, scale: Math.min(view.width, view.height) / span };
}

/** A text that says what is seen; null for any other. */
export function asSeen(text: string | null): string | null {
  return text !== null && cameraOf(text, { width: 1, height: 1 }) ? text : null;
}

function rounded(number: number): number {
  return Number(Number(number.toPrecision(DIGITS)).toFixed(6));
}
