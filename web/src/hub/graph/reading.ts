import type { Operations, Schemas } from "@mergehub/client";
import { hub } from "../hub.ts";
import { PACKED, unpacked } from "./packed.ts";

export type GraphQuery = NonNullable<Operations["get_map"]["parameters"]["query"]>;

export async function readGraph(query: GraphQuery, signal: AbortSignal): Promise<Schemas["Map"]> {
  const { data } = await hub.http.GET("/v1/graph", {
    params: { query },
    headers: { Accept: PACKED },
    parseAs: "arrayBuffer",
    signal,
  });
  return unpacked(data as ArrayBuffer);
}
