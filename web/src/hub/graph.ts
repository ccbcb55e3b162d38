import type { Operations, Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

export type GraphQuery = NonNullable<Operations["get_map"]["parameters"]["query"]>;

export async function readGraph(query: GraphQuery, signal: AbortSignal): Promise<Schemas["Map"]> {
  const answer = await hub.get("/v1/graph", { params: { query }, signal });
  return answer as Schemas["Map"]; // text only if one asks for the binary form
}
