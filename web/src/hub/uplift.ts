import type { Schemas } from "@mergehub/client";
import { ask } from "./ask.ts";

export type Comparison = Schemas["Comparison"];
export type ParentComparison = Schemas["ParentComparison"];

/** A model against its parents, on one benchmark, in one domain, or on the mean. */
export interface Compared {
  parents: ParentComparison[];
  best_parent: ParentComparison | null;
  parents_mean: Comparison | null;
}

export type Uplift = Schemas["Uplift"] & { domains: (Compared & { domain: string })[] };

export function readUplift(model: string, signal?: AbortSignal): Promise<Uplift> {
  return ask("/v1/uplift", { query: { model } }, signal);
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
}

export function readTable(query: object, signal?: AbortSignal): Promise<UpliftTable> {
  return ask("/v1/uplift/table", { query }, signal);
}

export interface UpliftMerge {
  model: string;
  method: string | null;
  base: string[];
  score: number;
  against: number;
  uplift: { value: number; low: number; high: number };
  verdict: "better" | "worse" | "no clear difference";
}

export interface MergePage {
  items: UpliftMerge[];
  next_cursor: string | null;
}

export function readMerges(query: object, signal?: AbortSignal): Promise<MergePage> {
  return ask("/v1/uplift/table/merges", { query }, signal);
}

/** The score of a model of a comparison, and how it differs from the first one. */
export interface ComparedModel {
  model: string;
  score: { value: number; low: number; high: number } | null;
  difference: Comparison | null;
}

export interface ComparedPart {
  benchmark?: string;
  domain?: string;
  title?: string;
  models: ComparedModel[];
}

export interface ModelComparison {
  board: string;
  models: string[];
  benchmarks: ComparedPart[];
  domains: ComparedPart[];
  mean: ComparedPart | null;
}

export function readComparison(query: object, signal?: AbortSignal): Promise<ModelComparison> {
  return ask("/v1/uplift/comparison", { query }, signal);
}
