/** Where values lie along an axis, and the values that the axis names. */
export interface Scale {
  at: (value: number) => number;
  ticks: number[];
  /** The value at a place. */
  back: (place: number) => number;
}

const STEPS = [1, 2, 5, 10];

/** An axis from the lower end of `ends` to its upper end, on `from` to `to` pixels. */
export function linear(ends: Ends, from: number, to: number, about = 5): Scale {
  const [low, high] = widened(ends);
  const step = stepOf((high - low) / about);
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  const ticks = Array.from({ length: last - first + 1 }, (_, each) =>
    Number(((first + each) * step).toPrecision(12)),
  );
  const share = (to - from) / (high - low);
  return {
    at: (value) => from + (value - low) * share,
    back: (place) => low + (place - from) / share,
    ticks,
  };
}

/** The same for values above zero, each tick ten times, five times or twice the one before. */
export function logarithmic(ends: Ends, from: number, to: number): Scale {
  const [low, high] = ends[0] < ends[1] ? ends : [ends[0] / 2, ends[1] * 2];
  const inner = linear([Math.log10(low), Math.log10(high)], from, to);
  const decades = Array.from(
    { length: Math.ceil(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, each) => 10 ** (Math.floor(Math.log10(low)) + each),
  );
  const fine = decades.flatMap((decade) => STEPS.slice(0, 3).map((step) => step * decade));
  const inside = (tick: number) => tick >= low * 0.999 && tick <= high * 1.001;
  const ticks = fine.filter(inside);
  return {
    at: (value) => inner.at(Math.log10(value)),
    back: (place) => 10 ** inner.back(place),
    ticks: ticks.length > 8 ? decades.filter(inside) : ticks,
  };
}

/** The lower and the upper end of an axis. */
export type Ends = [low: number, high: number];

/** The ends of values, with a margin in shares of what they span. */
export function endsOf(values: Iterable<number>, margin = 0.05): Ends {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  const room = (high - low) * margin;
  return [low - room, high + room];
}

/** A step of 1, 2 or 5 times a power of ten, and at least as large as wished. */
function stepOf(wished: number): number {
  const power = 10 ** Math.floor(Math.log10(wished));
  return (STEPS.find((step) => step * power >= wished * 0.999) ?? 10) * power;
}

function widened([low, high]: Ends): Ends {
  return low < high ? [low, high] : [low - 1, high + 1];
}
