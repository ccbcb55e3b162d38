/** A value with the interval that it probably lies in. */
export interface Interval {
  value: number;
  /** The ends are null if the error of the value is not known. */
  low: number | null;
  high: number | null;
}

/** A line of a forest plot. */
export interface Line extends Partial<Interval> {
  key: string;
  label: string;
  /** What is written at its end, such as a verdict; in place of an interval if there is none. */
  words: string;
  /** The token of its colour. */
  token: string;
  href?: string;
}

/** Lines that belong together, below their title. */
export interface Group {
  key: string;
  title: string;
  href?: string;
  lines: readonly Line[];
}

/** What people read of a difference. */
export type Verdict = "better" | "worse" | "no clear difference";

const TOKENS: Readonly<Record<Verdict, string>> = {
  better: "uplift-6",
  worse: "uplift-2",
  "no clear difference": "uplift-4",
};

export function tokenOf(verdict: Verdict): string {
  return TOKENS[verdict];
}

/** What an interval alone says of a difference. */
export function verdictOf({ low, high }: Omit<Interval, "value">): Verdict {
  if (low !== null && low > 0) return "better";
  return high !== null && high < 0 ? "worse" : "no clear difference";
}

/** How many pixels a letter takes, about. */
export const LETTER = 7.2;

/** A text that takes at most so many pixels, about; its end is left out if it is longer. */
export function fitted(text: string, pixels: number, perLetter = LETTER): string {
  const most = Math.max(3, Math.floor(pixels / perLetter));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
