import type { Operations, Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

/** What a map can be filtered by, and how many models have it. */
export type Facets = Schemas["Facets"];

export type FacetsQuery = NonNullable<Operations["get_facets"]["parameters"]["query"]>;

export function readFacets(query: FacetsQuery, signal: AbortSignal): Promise<Facets> {
  return hub.get("/v1/graph/facets", { params: { query }, signal });
}
