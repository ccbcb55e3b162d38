import type { Cell } from "../app/csv.ts";
import { points, short } from "../app/words.ts";
import type { BoardColumn, BoardRow } from "../hub/boards.ts";

type Claim = BoardRow["claimed"][number];

/** A column of the table of a board. */
export interface Column {
  key: string;
  title: string;
  /** More about it, for people who point at its head. */
  about?: string;
  /** How the hub names it to sort by it; null if it cannot. */
  sort: string | null;
  numeric: boolean;
  text: (row: BoardRow) => string;
  /** The hub's name of it, if an import may claim it where lineage does not know. */
  claim?: Claim;
  /** What a file has in it. */
  cell: (row: BoardRow) => Cell;
}

const UNKNOWN = "–";
const OF_MODEL: Column[] = [
  column(
    "uplift",
    "Uplift",
    "uplift",
    ({ uplift }) => uplift,
    (value) => points(value, true),
  ),
  claimable(
    "parameters",
    column("size", "Size", "size", ({ parameters }) => parameters, short),
  ),
  text("method", "Method", ({ method }) => method),
  text("base", "Base", ({ base }) => base.join(", ") || null),
  claimable(
    "family",
    text("family", "Family", ({ family }) => family),
  ),
  claimable(
    "licence",
    text("licence", "Licence", ({ licence }) => licence),
  ),
  text("precision", "Precision", ({ precision }) => precision || null),
  text("date", "Made on", ({ made_on }) => made_on, "date"),
];
const HIDDEN = new Set(["family", "licence", "precision", "date"]);

/** All columns of a board beside rank, model and mean, in their order. */
export function columnsOf(benchmarks: readonly BoardColumn[]): Column[] {
  return [...benchmarks.map(ofBenchmark), ...OF_MODEL];
}

/** The columns that are shown: those that are named, or else the usual ones. */
export function shownOf(all: readonly Column[], named: readonly string[]): Column[] {
  const chosen = new Set(named);
  return all.filter(({ key }) => (chosen.size ? chosen.has(key) : !HIDDEN.has(key)));
}

/** The names of the columns after one was chosen or taken away; none if they are the usual ones. */
export function toggled(all: readonly Column[], named: readonly string[], key: string): string[] {
  const now = new Set(shownOf(all, named).map((each) => each.key));
  if (!now.delete(key)) now.add(key);
  const keys = all.map((each) => each.key).filter((each) => now.has(each));
  const usual = shownOf(all, []).map((each) => each.key);
  return keys.join() === usual.join() ? [] : keys;
}

/** The rows as a table, first its header. */
export function tableOf(columns: readonly Column[], rows: readonly BoardRow[]): Cell[][] {
  const head = [
    "rank",
    "rank from",
    "rank to",
    "model",
    "revision",
    "merged",
    "flags",
    "claimed",
    "mean",
    "mean low",
    "mean high",
  ];
  const own = rows.map(({ rank, model, revision, merged, flags, claimed, mean }) => [
    rank?.place,
    rank?.best,
    rank?.worst,
    model,
    revision,
    merged,
    flags.join(" "),
    claimed.join(" "),
    mean?.value,
    mean?.low,
    mean?.high,
  ]);
  return [
    [...head, ...columns.map(({ key }) => key)],
    ...rows.map((row, at) => [...(own[at] ?? []), ...columns.map(({ cell }) => cell(row))]),
  ];
}

/** The least trusted source among the scores of a row, which its mean cannot be better than. */
export function sourceOf({ scores }: BoardRow) {
  const sources = new Set(Object.values(scores).map(({ source }) => source));
  return (["imported", "community", "verified"] as const).find((each) => sources.has(each)) ?? null;
}

function ofBenchmark({ benchmark, title, metric, shots, models }: BoardColumn): Column {
  const how = [metric, shots === null ? null : `${shots}-shot`].filter(Boolean).join(", ");
  return {
    ...column(benchmark, title, benchmark, ({ scores }) => scores[benchmark]?.value, points),
    about: `${title}: ${how}; measured of ${models} models`,
  };
}

function column(
  key: string,
  title: string,
  sort: string | null,
  cell: (row: BoardRow) => number | null | undefined,
  written: (value: number) => string,
): Column {
  const text = (row: BoardRow) => {
    const value = cell(row);
    return value === null || value === undefined ? UNKNOWN : written(value);
  };
  return { key, title, sort, numeric: true, text, cell };
}

/** A column whose text has a mark where an import claims what lineage does not know. */
function claimable(claim: Claim, of: Column): Column {
  const text = (row: BoardRow) => of.text(row) + (row.claimed.includes(claim) ? "*" : "");
  return { ...of, claim, text };
}

function text(
  key: string,
  title: string,
  cell: (row: BoardRow) => string | null,
  sort: string | null = null,
): Column {
  return { key, title, sort, numeric: false, text: (row) => cell(row) ?? UNKNOWN, cell };
}
