import type { Schemas } from "@mergehub/client";
import { ask } from "./ask.ts";
import { hub } from "./hub.ts";

export interface BoardWanted {
  name: string;
  title: string;
  summary: string;
  columns: { benchmark: string; weight: number }[];
}

/** Makes a board of one's own. */
export function makeBoard(board: BoardWanted): Promise<Schemas["BoardInfo"]> {
  const post = hub.post as unknown as (path: string, init: object) => Promise<Schemas["BoardInfo"]>;
  return post("/v1/boards", { body: board });
}

const MOST = 200;

/** The names of the benchmarks that the hub knows. */
export async function listBenchmarks(signal: AbortSignal): Promise<string[]> {
  const query = { limit: MOST };
  const { items } = await ask<{ items: { name: string }[] }>("/v1/benchmarks", { query }, signal);
  return [...new Set(items.map(({ name }) => name))].sort();
}
