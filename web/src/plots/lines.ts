import type { Scale } from "./scale.ts";

/** A place of a line: a day as in `2026-11-30`, and the value on it. */
export interface Place {
  day: string;
  value: number;
}

const DAY_MS = 86_400_000;

/** A day as a number, one more for each day. */
export function dayNumber(day: string): number {
  return Date.parse(day) / DAY_MS;
}

/** The day of a number. */
export function dayOf(number: number): string {
  return new Date(number * DAY_MS).toISOString().slice(0, 10);
}

/** A line which keeps its value until the day on which another one is known. */
export function steps(places: readonly Place[], x: Scale, y: Scale): string {
  return places
    .map(({ day, value }, at) => {
      const [left, top] = [x.at(dayNumber(day)), y.at(value)].map(
        (each) => Math.round(each * 10) / 10,
      );
      return at ? `H${left}V${top}` : `M${left} ${top}`;
    })
    .join("");
}
