import type { Cell } from "../app/csv.ts";
import { many, percent, points } from "../app/words.ts";
import type { UpliftCell, UpliftTable } from "../hub/uplift.ts";
import type { HeatCell } from "../plots/heat.ts";
import { addressOf, type UpliftState } from "./state.ts";

const SHOWN = 40;

/** The bases with the most merges; the table that is saved has all of them. */
export function basesOf({ cells }: UpliftTable): string[] {
  return ordered(cells, ({ base }) => base).slice(0, SHOWN);
}

/** The methods, that with the most merges first. */
export function methodsOf({ cells }: UpliftTable): string[] {
  return ordered(cells, ({ method }) => method);
}

function ordered(cells: readonly UpliftCell[], keyOf: (cell: UpliftCell) => string): string[] {
  const merges = new Map<string, number>();
  for (const cell of cells) merges.set(keyOf(cell), (merges.get(keyOf(cell)) ?? 0) + cell.merges);
  return [...merges].sort(([a, x], [b, y]) => y - x || a.localeCompare(b)).map(([key]) => key);
}

/** A cell as the heat map shows it; a press lists its merges. */
export function heatCell(cell: UpliftCell, state: UpliftState): HeatCell {
  const { method, base, merges, mean } = cell;
  return {
    row: base,
    column: method,
    value: mean,
    large: points(mean, true),
    small: `${percent(cell.share_better).replace(/\.\d/, "")} of ${merges}`,
    words: sentenceOf(cell),
    href: addressOf({ ...state, cell_method: method, cell_base: base }),
    current: state.cell_method === method && state.cell_base === base,
  };
}

export function sentenceOf({
  method,
  base,
  merges,
  better,
  worse,
  unclear,
  mean,
  low,
  high,
}: UpliftCell): string {
  const interval =
    low === null || high === null ? "" : ` (${points(low, true)} to ${points(high, true)})`;
  return `${method} on ${base}: ${many(merges, "merge")}, mean ${points(mean, true)}${interval}; ${better} better, ${worse} worse, ${unclear} no clear difference`;
}

export function tableOf({ cells }: UpliftTable): Cell[][] {
  const rows = cells.map((each): Cell[] => [
    each.method,
    each.base,
    each.merges,
    each.better,
    each.worse,
    each.unclear,
    each.share_better,
    each.mean,
    each.low,
    each.high,
    each.median,
  ]);
  return [
    [
      "method",
      "base",
      "merges",
      "better",
      "worse",
      "no clear difference",
      "share better",
      "mean",
      "low",
      "high",
      "median",
    ],
    ...rows,
  ];
}
