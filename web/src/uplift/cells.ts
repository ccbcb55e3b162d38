import type { Cell } from "../app/csv.ts";
import { intervalOf, many, percent, points } from "../app/words.ts";
import type { UpliftCell, UpliftTable } from "../hub/uplift.ts";
import type { HeatCell } from "../plots/heat.ts";
import { addressOf, type UpliftState } from "./state.ts";

/** A base as the heat map names it: merges of several bases stand in a row of their own. */
export function baseName(base: string): string {
  return { several: "several bases", unknown: "unknown base" }[base] ?? base;
}

/** A method as the heat map names it. */
export function methodName(method: string): string {
  return method === "unknown" ? "unknown method" : method;
}

/** A cell as the heat map shows it; a press lists its merges. */
export function heatCell(cell: UpliftCell, state: UpliftState): HeatCell {
  const { method, base, merges, mean } = cell;
  return {
    row: baseName(base),
    column: methodName(method),
    value: mean,
    large: points(mean, true),
    small: `${percent(cell.share_better).replace(/\.\d/, "")} of ${merges}`,
    words: sentenceOf(cell),
    href: addressOf({ ...state, cell_method: method, cell_base: base }),
    current: state.cell_method === method && state.cell_base === base,
  };
}

/** A cell as a sentence. */
export function sentenceOf(cell: UpliftCell): string {
  const { method, base, merges, better, worse, unclear, mean } = cell;
  const interval = intervalOf(cell, true);
  const gained = `mean ${points(mean, true)}${interval ? ` (${interval})` : ""}`;
  const verdicts = `${better} better, ${worse} worse, ${unclear} no clear difference`;
  return `${methodName(method)} on ${baseName(base)}: ${many(merges, "merge")}, ${gained}; ${verdicts}`;
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
