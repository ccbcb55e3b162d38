import type { Graph } from "./graph.ts";
import type { Colour } from "./state.ts";

/** The colours that say how large a value is. */
export type Measured = Extract<Colour, "score" | "uplift">;

const STEPS = 7;
const steps = (name: string) => Array.from({ length: STEPS }, (_, at) => `${name}-${at + 1}`);

/** The tokens of each scale, from the lowest value to the highest. */
export const SCALES: Readonly<Record<Measured, readonly string[]>> = {
  score: steps("score"),
  uplift: steps("uplift"),
};

/** The token of models without a value. */
export const UNMEASURED = "unmeasured";

/** The values of the models of a graph as colours. */
export interface Scale {
  low: number;
  high: number;
  tokens: readonly string[];
  /** The token of a model; null if it has no value. */
  tokenOf(node: number): string | null;
}

export function isMeasured(colour: Colour): colour is Measured {
  return colour === "score" || colour === "uplift";
}

/**
 * The scale of what is shown: scores from the lowest to the highest; uplift as far below 0 as
 * above, so that no gain is in the middle. Null if no model has a value.
 */
export function scaleOf(graph: Graph, by: Measured): Scale | null {
  const values = graph.answer.nodes[by];
  const known = values.filter((value) => value !== null);
  if (!known.length) return null;
  const [least, most] = known.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  const furthest = Math.max(Math.abs(least), Math.abs(most));
  const [low, high] = by === "uplift" ? [-furthest, furthest] : [least, most];
  const tokens = SCALES[by];
  return {
    low,
    high,
    tokens,
    tokenOf: (node) => {
      const value = values[node] ?? null;
      return value === null ? null : (tokens[stepOf(value, low, high)] ?? null);
    },
  };
}

/** Which of the steps a value belongs to; the middle one if all values are the same. */
function stepOf(value: number, low: number, high: number): number {
  const share = high > low ? (value - low) / (high - low) : 0.5;
  return Math.min(STEPS - 1, Math.floor(share * STEPS));
}
