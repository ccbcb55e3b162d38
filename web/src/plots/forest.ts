import type { Group, Line } from "./interval.ts";
import { type Ends, endsOf } from "./scale.ts";

export const ROW = 26;

/** A row of the plot and the height at which it lies. */
export type Row = { y: number } & ({ kind: "title"; group: Group } | { kind: "line"; line: Line });

/** All rows from top to bottom; each group begins with its title, if it has one. */
export function rowsOf(groups: readonly Group[]): Row[] {
  const rows = groups.flatMap((group) => [
    ...(group.title ? [{ kind: "title", group } as const] : []),
    ...group.lines.map((line) => ({ kind: "line", line }) as const),
  ]);
  return rows.map((row, at) => ({ ...row, y: (at + 0.5) * ROW }));
}

/** The ends of the axis: all intervals, and zero if the plot is about differences. */
export function spanOf(groups: readonly Group[], differences: boolean): Ends {
  const values = groups.flatMap(({ lines }) =>
    lines.flatMap(({ low, high, value }) =>
      [low, high, value].filter((each) => each !== undefined),
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
