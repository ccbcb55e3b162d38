/** A cell of a heat map: where it lies, how strongly it is coloured, and what it says. */
export interface HeatCell {
  row: string;
  column: string;
  /** Above zero for a gain, below for a loss; null for a cell without a colour. */
  value: number | null;
  /** What is written in it, in large and below in small. */
  large: string;
  small: string;
  /** What it says, as a sentence. */
  words: string;
  href: string;
  current: boolean;
}

const ONE_LINE = 11;

/** The name of a column in one line or two, parted where a word ends. */
export function halvesOf(name: string): [first: string, second: string] {
  const at = name.lastIndexOf("_", ONE_LINE) + 1;
  return name.length > ONE_LINE && at ? [name.slice(0, at), name.slice(at)] : [name, ""];
}

const [PALEST, STRONGEST] = [0.08, 0.5];

/** The token of the colour of a value. */
export function tokenOfHeat(value: number | null): string {
  if (value === null) return "unmeasured";
  return value >= 0 ? "uplift-6" : "uplift-2";
}

/** How strong a colour is, where `most` is the largest value on either side of zero. */
export function strengthOf(value: number | null, most: number): number {
  if (value === null || most <= 0) return PALEST;
  return PALEST + STRONGEST * Math.min(1, Math.abs(value) / most);
}

/** What a strong colour stands for: not the largest value, which may be one odd merge. */
export function mostOf(values: readonly (number | null)[]): number {
  const sizes = values.flatMap((value) => (value === null ? [] : [Math.abs(value)]));
  sizes.sort((a, b) => a - b);
  return sizes[Math.floor((sizes.length - 1) * 0.95)] ?? 0;
}

/** Where a cell lies: its row and column from zero. */
export interface HeatPlace {
  row: number;
  column: number;
}

const WAYS: Readonly<Record<string, HeatPlace>> = {
  ArrowRight: { row: 0, column: 1 },
  ArrowLeft: { row: 0, column: -1 },
  ArrowDown: { row: 1, column: 0 },
  ArrowUp: { row: -1, column: 0 },
};

/** The next cell in the direction of an arrow key, past gaps; null if there is none. */
export function neighbour(places: readonly HeatPlace[], from: number, key: string): number | null {
  const [here, way] = [places[from], WAYS[key]];
  if (!here || !way) return null;
  const distance = ({ row, column }: HeatPlace) =>
    way.row ? (row - here.row) * way.row : (column - here.column) * way.column;
  const inLine = ({ row, column }: HeatPlace) =>
    way.row ? column === here.column : row === here.row;
  let found: number | null = null;
  for (const [at, place] of places.entries()) {
    if (!inLine(place) || distance(place) <= 0) continue;
    const best = found === null ? undefined : places[found];
    if (!best || distance(place) < distance(best)) found = at;
  }
  return found;
}
