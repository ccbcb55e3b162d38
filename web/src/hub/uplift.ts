import type { Answer, Operations, Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

export type Uplift = Answer<"get", "/v1/uplift">;
export type Comparison = Schemas["Comparison"];
export type Difference = Schemas["Difference"];
/** A model against its parents, on one benchmark, in one domain, or on the mean. */
export type Compared = Pick<
  Uplift["benchmarks"][number],
  "score" | "parents" | "best_parent" | "parents_mean"
>;

export function readUplift(model: string, signal: AbortSignal): Promise<Uplift> {
  return hub.get("/v1/uplift", { params: { query: { model } }, signal });
}

export type Ablation = Schemas["Ablation"];

/** The newest ablation of a merge; null if there is none. */
export async function readAblation(model: string, signal: AbortSignal): Promise<Ablation | null> {
  const query = { model, limit: 1 };
  const { items } = await hub.get("/v1/uplift/ablations", { params: { query }, signal });
  return items[0] ?? null;
}

export type UpliftTable = Answer<"get", "/v1/uplift/table">;
export type UpliftCell = UpliftTable["cells"][number];
export type TableQuery = NonNullable<Operations["get_uplift_table"]["parameters"]["query"]>;

export function readTable(query: TableQuery, signal: AbortSignal): Promise<UpliftTable> {
  return hub.get("/v1/uplift/table", { params: { query }, signal });
}

export type MergeGains = Answer<"get", "/v1/uplift/table/merges">;
export type MergeGain = MergeGains["items"][number];
export type MergesQuery = NonNullable<Operations["list_uplift_merges"]["parameters"]["query"]>;

export function readMerges(query: MergesQuery, signal: AbortSignal): Promise<MergeGains> {
  return hub.get("/v1/uplift/table/merges", { params: { query }, signal });
}

export type ModelComparison = Answer<"get", "/v1/uplift/comparison">;
export type CompareQuery = Operations["compare_models"]["parameters"]["query"];

export function readComparison(query: CompareQuery, signal: AbortSignal): Promise<ModelComparison> {
  return hub.get("/v1/uplift/comparison", { params: { query }, signal });
}
