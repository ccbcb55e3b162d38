import type { Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

export type Model = Schemas["Model"];

/** The models that merges were made from most, as their base. */
export async function mostMerged(limit = 15): Promise<Model[]> {
  const query = { role: "base", limit } as const;
  const { items } = await hub.get("/v1/graph/popular", { params: { query } });
  return items;
}
