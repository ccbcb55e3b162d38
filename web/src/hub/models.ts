import type { Answer, Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

export type Model = Schemas["Model"];
export type ModelDetail = Answer<"get", "/v1/models/{model_id}">;

/** The models that merges were made from most, as their base. */
export async function mostMerged(limit = 15): Promise<Model[]> {
  const query = { role: "base", limit } as const;
  const { items } = await hub.get("/v1/graph/popular", { params: { query } });
  return items;
}

export function readModel(id: string): Promise<ModelDetail> {
  return hub.get("/v1/models/{model_id}", { params: { path: { model_id: id } } });
}
