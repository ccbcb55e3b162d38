import { points } from "../app/words.ts";
import { type Group, LETTER, type Line } from "./interval.ts";
import { type Ends, endsOf } from "./scale.ts";

export const ROW = 26;
const INTERVAL = 16; // below its label, where a picture is narrow

/** A row of the plot and the height at which its text and its interval lie. */
export type Row = { text: number; interval: number } & (
  | { kind: "title"; group: Group }
  | { kind: "line"; line: Line }
);

/** All rows from top to bottom, and how high they are; each group begins with its title, if it has one. */
export function rowsOf(groups: readonly Group[], narrow = false): { rows: Row[]; height: number } {
  const rows: Row[] = [];
  let height = 0;
  for (const group of groups) {
    const middle = () => ({ text: height + ROW / 2, interval: height + ROW / 2 });
    if (group.title) rows.push({ kind: "title", group, ...middle() });
    if (group.title) height += ROW;
    for (const line of group.lines) {
      const { text, interval } = middle();
      rows.push({ kind: "line", line, text, interval: narrow ? interval + INTERVAL : interval });
      height += narrow ? ROW + INTERVAL + 4 : ROW;
    }
  }
  return { rows, height };
}

const [NARROW, PAD, WORDS, VALUE] = [560, 12, 200, 5]; // pixels, but for the letters of a value

/** How the width of a plot is shared: names, axis, words; in a narrow one they lie above the axis. */
export function sharesOf(width: number, groups: readonly Group[]) {
  const narrow = width < NARROW;
  const letters = groups.flatMap(({ lines }) => lines.map(({ label }) => label.length));
  const longest = Math.max(8, ...letters) * LETTER + 1;
  const said = groups.flatMap(({ lines }) => lines.map(({ words }) => words.length));
  const words = Math.min((Math.max(...said, 0) + VALUE) * LETTER, narrow ? width * 0.6 : WORDS);
  if (narrow)
    return { narrow, names: width - words - 3 * PAD, words, from: 2 * PAD, to: width - 2 * PAD };
  const names = Math.min(longest, width * 0.36);
  return { narrow, names, words, from: names + 3 * PAD, to: width - words - 3 * PAD };
}

/** The ends of the axis: all intervals, and zero if the plot is about differences. */
export function spanOf(groups: readonly Group[], differences: boolean): Ends {
  const values = groups.flatMap(({ lines }) =>
    lines.flatMap(({ low, high, value }) =>
      [low, high, value].filter((each) => typeof each === "number"),
    ),
  );
  if (!differences) return endsOf(values);
  const most = Math.max(1, ...values.map(Math.abs)) * 1.05;
  return [
    Math.min(0, ...values) < 0 ? -most : -most / 10,
    Math.max(0, ...values) > 0 ? most : most / 10,
  ];
}

/** The points of the line of an interval with its ends, as SVG draws it. */
export function whiskers(low: number, high: number, y: number, tall = 4): string {
  return `M${low} ${y - tall}v${2 * tall}M${low} ${y}H${high}M${high} ${y - tall}v${2 * tall}`;
}

/** A line in words, as in `GSM8K: +1.5 (+0.2 to +2.8)`. */
export function sentenceOf({ label, value = 0, low, high }: Line, signed: boolean): string {
  const known = typeof low === "number" && typeof high === "number";
  const interval = known ? ` (${points(low, signed)} to ${points(high, signed)})` : "";
  return `${label}: ${points(value, signed)}${interval}`;
}
