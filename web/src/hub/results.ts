import type { Answer } from "@mergehub/client";
import { hub } from "./hub.ts";

export type Result = Answer<"get", "/v1/results">["items"][number];

const MOST = 200;

/** The results of a model by benchmark, the newest first; the older ones of the same things only with `history`. */
export async function readResults(
  model: string,
  history: boolean,
  signal: AbortSignal,
): Promise<Result[]> {
  const query = { model, limit: MOST, ...(history && { history }) };
  const { items } = await hub.get("/v1/results", { params: { query }, signal });
  return items.sort((a, b) => a.benchmark.localeCompare(b.benchmark));
}
