import type { Answer, Operations, Schemas } from "@mergehub/client";
import { ask } from "./ask.ts";
import { hub } from "./hub.ts";

export type Uplift = Schemas["Uplift"];
export type Comparison = Schemas["Comparison"];
/** A model against its parents, on one benchmark, in one domain, or on the mean. */
export type Compared = Pick<
  Schemas["BenchmarkUplift"],
  "score" | "parents" | "best_parent" | "parents_mean"
>;
export type Difference = Schemas["Difference"];

export function readUplift(model: string, signal: AbortSignal): Promise<Uplift> {
  return hub.get("/v1/uplift", { params: { query: { model } }, signal });
}

export interface UpliftCell {
  method: string;
  base: string;
  merges: number;
  better: number;
  worse: number;
  unclear: number;
  mean: number;
  low: number | null;
  high: number | null;
  median: number;
  share_better: number;
}

export interface UpliftTable {
  board: string;
  as_of: number;
  against: string;
  rows: string[];
  columns: string[];
  cells: UpliftCell[];
  by_method: Omit<UpliftCell, "base">[];
  by_base: Omit<UpliftCell, "method">[];
  omitted: number;
  how: string;
}

export function readTable(query: object, signal: AbortSignal): Promise<UpliftTable> {
  return ask("/v1/uplift/table", { query }, signal);
}

export interface UpliftMerge {
  model: string;
  precision: string;
  method: string;
  base: string;
  others: string[];
  score: number;
  other_score: number;
  gain: { value: number; low: number | null; high: number | null };
  verdict: "better" | "worse" | "no clear difference";
}

export interface MergePage {
  items: UpliftMerge[];
  next_cursor: string | null;
  matching: number;
}

export function readMerges(query: object, signal: AbortSignal): Promise<MergePage> {
  return ask("/v1/uplift/table/merges", { query }, signal);
}

export type ModelComparison = Answer<"get", "/v1/uplift/comparison">;
export type CompareQuery = Operations["compare_models"]["parameters"]["query"];

export function readComparison(query: CompareQuery, signal: AbortSignal): Promise<ModelComparison> {
  return hub.get("/v1/uplift/comparison", { params: { query }, signal });
}
