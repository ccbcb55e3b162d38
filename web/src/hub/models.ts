import type { Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

export type Model = Schemas["Model"];

/** A model with the facts that a hub may know of it. */
export type ModelDetail = Schemas["ModelDetail"] & {
  architecture?: string | null;
  parameters?: number | null;
  tokenizer?: string | null;
  licence?: string | null;
  domains?: string[];
  made_on?: string | null;
  source?: string | null;
};

/** The models that merges were made from most, as their base. */
export async function mostMerged(limit = 15): Promise<Model[]> {
  const query = { role: "base", limit } as const;
  const { items } = await hub.get("/v1/graph/popular", { params: { query } });
  return items;
}

export function readModel(id: string): Promise<ModelDetail> {
  return hub.get("/v1/models/{model_id}", { params: { path: { model_id: id } } });
}
