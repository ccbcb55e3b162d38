import type { Answer } from "@mergehub/client";
import { hub } from "./hub.ts";

export type Merged = Answer<"get", "/v1/graph/popular">["items"][number];
export type ModelDetail = Answer<"get", "/v1/models/{model_id}">;

/** The models that merges were made from most; `count` is how many merges. */
export async function mostMerged(signal: AbortSignal, limit = 15): Promise<Merged[]> {
  const query = { role: "any", limit } as const;
  const { items } = await hub.get("/v1/graph/popular", { params: { query }, signal });
  return items;
}

export function readModel(id: string, signal: AbortSignal): Promise<ModelDetail> {
  return hub.get("/v1/models/{model_id}", { params: { path: { model_id: id } }, signal });
}
