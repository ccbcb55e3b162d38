import { short } from "../../app/words.ts";
import type { Camera, Size } from "./camera.ts";
import { Ground, placeOf, type Side } from "./places.ts";
import type { Scene } from "./scene.ts";

export const MOST_LABELS = 60;
const PER_LETTER = 6.6;
/** How long a name may be, in letters; the shorter one where the longer one has no room. */
const LENGTHS = [34, 16] as const;

/** What stands beside a node: its name, and how many neighbours of it are not on the map. */
export interface LabelText {
  name: string;
  more: number;
}

export interface Label extends LabelText {
  node: number;
  side: Side;
}

/**
 * The names that fit into a view without covering each other, the most important first. They cover
 * as few other nodes as can be, and none where there are few, except by the name of the first.
 */
export function chooseLabels(
  scene: Scene,
  camera: Camera,
  view: Size,
  textOf: (node: number) => LabelText,
  first: readonly number[],
): Label[] {
  const ground = new Ground(scene, camera, view);
  const chosen: Label[] = [];
  const seen = new Set<number>();
  for (const node of candidates(scene, first)) {
    if (chosen.length >= MOST_LABELS) break;
    if (seen.has(node) || !scene.visible[node]) continue;
    seen.add(node);
    const label = labelFor(ground, node, textOf(node), node === first[0]);
    if (label) chosen.push(label);
  }
  return chosen;
}

function labelFor(ground: Ground, node: number, text: LabelText, must: boolean): Label | null {
  for (const most of LENGTHS) {
    const label: LabelText = { name: shortened(text.name, most), more: text.more };
    const side = placeOf(ground, node, lengthOf(label), must);
    if (side) return { node, side, ...label };
  }
  return null;
}

/** How the number of neighbours that are not on the map is written. */
export function more(count: number): string {
  return `+${short(count)}`;
}

function* candidates(scene: Scene, first: readonly number[]): Generator<number> {
  yield* first;
  yield* scene.order.subarray(0, 4_000);
}

/** A name without its owner, which says least, cut if it is long. */
function shortened(name: string, most: number): string {
  const short = name.slice(name.indexOf("/") + 1);
  return short.length > most ? `${short.slice(0, most - 1)}…` : short;
}

function lengthOf({ name, more: hidden }: LabelText): number {
  return (name.length + (hidden ? more(hidden).length + 1 : 0)) * PER_LETTER + 8;
}
