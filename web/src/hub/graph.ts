import type { GraphAnswer } from "../map/graph.ts";
import { hub } from "./hub.ts";

export type Query = Record<string, string | number | string[]>;

/** Asks the hub for a path whose answer has a known form. */
export async function read<T>(path: string, query: Query, signal: AbortSignal): Promise<T> {
  const get = hub.get as unknown as (path: string, init: object) => Promise<T>;
  return get(path, { params: { query }, signal });
}

export function readGraph(query: Query, signal: AbortSignal): Promise<GraphAnswer> {
  return read("/v1/graph", query, signal);
}
