import { linear } from "../../plots/scale.ts";
import type { Band, Block, Lane, Stack } from "./stacks.ts";

/** A block of a picture: its frame, and the outline of its value within it. */
export interface Drawn {
  block: Block;
  x: number;
  width: number;
  outline: string;
  words: string;
}

export interface DrawnBand {
  filter: string | null;
  top: number;
  blocks: Drawn[];
}

export interface DrawnLane {
  lane: Lane;
  /** The token of its colour. */
  token: string;
  /** The height at which its name stands. */
  name: number;
  bands: DrawnBand[];
}

export const BAND = 28;
export const PAD = 12;
export const FILTERS = 108; // pixels for the names of filters
const [GAP, NAME, SPACE, LETTER, TICK] = [3, 22, 12, 7, 90];
const [MOST_LANES, MOST_BANDS, COLOURS] = [40, 10, 7];

/** Where everything of a stack is drawn, in a picture of a width. */
export function layoutOf(stack: Stack, span: readonly [number, number], width: number) {
  const lanes = stack.lanes.slice(0, MOST_LANES);
  const filtered = lanes.some(({ bands }) => bands.some(({ filter }) => filter !== null));
  const left = filtered ? FILTERS : PAD;
  const length = stack.layers ?? 1;
  const x = linear([0, length], left, width - PAD, (width - left) / TICK);
  let top = 0;
  let colour = 0;
  const drawn = lanes.map((lane): DrawnLane => {
    const name = top + NAME - 6;
    top += NAME;
    const bands = lane.bands.slice(0, MOST_BANDS).map((band) => {
      const placed = bandOf(band, top, x.at, span);
      top += BAND + GAP;
      return placed;
    });
    top += SPACE;
    const token = lane.role === "base" ? "group-8" : `group-${(colour++ % COLOURS) + 1}`;
    return { lane, token, name, bands };
  });
  const ticks = stack.layers === null ? [] : x.ticks.filter(Number.isInteger);
  return {
    lanes: drawn,
    left,
    ticks,
    at: x.at,
    height: top,
    left_out: stack.lanes.length - lanes.length,
  };
}

function bandOf(
  { filter, blocks }: Band,
  top: number,
  at: (layer: number) => number,
  span: readonly [number, number],
): DrawnBand {
  const drawn = blocks.map((block): Drawn => {
    const [x, end] = [at(block.from), at(block.to)].map(tenth) as [number, number];
    const width = Math.max(1, tenth(end - x - 1));
    const said = wordsIn(block);
    const words = said.length * LETTER + 8 < width ? said : "";
    return { block, x, width, outline: outlineOf(block.values, x, width, top, span), words };
  });
  return { filter, top, blocks: drawn };
}

/** The outline of a value or a gradient, from zero up or down. */
export function outlineOf(
  values: readonly number[] | null,
  x: number,
  width: number,
  top: number,
  [least, most]: readonly [number, number],
): string {
  if (!values?.length) return "";
  const y = (value: number) => tenth(top + (BAND * (most - value)) / (most - least));
  const ends = values.length === 1 ? [values[0] ?? 0, values[0] ?? 0] : values;
  const steps = ends.map(
    (each, at) => `L${tenth(x + (width * at) / (ends.length - 1))} ${y(each)}`,
  );
  return `M${x} ${y(0)}${steps.join("")}L${tenth(x + width)} ${y(0)}Z`;
}

/** What a block says: its own layers, and its value. */
function wordsIn({ layers, values, words }: Block): string {
  const range = layers ? `${layers[0]}–${layers[1] - 1}` : "";
  return [range, values ? words : ""].filter(Boolean).join(": ");
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
