import type { Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

export type BoardWanted = Schemas["BoardCreate"];

/** Makes a board of one's own. */
export function makeBoard(board: BoardWanted): Promise<Schemas["BoardInfo"]> {
  return hub.post("/v1/boards", { body: board });
}

const MOST = 200;

/** The names of the benchmarks that the hub knows. */
export async function listBenchmarks(signal: AbortSignal): Promise<string[]> {
  const query = { limit: MOST };
  const { items } = await hub.get("/v1/benchmarks", { params: { query }, signal });
  return [...new Set(items.map(({ name }) => name))].sort();
}
