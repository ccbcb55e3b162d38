import { hub } from "./hub.ts";
import type { Named } from "./inheritance.ts";

/** Shortest paths between two models; `related` if neither of them came from the other. */
export interface FoundPaths {
  paths: Named[][];
  count: number;
  related: boolean;
}

/** Paths along one line of descent, or else by what both models share. */
export async function readPaths(
  from: string,
  to: string,
  signal: AbortSignal,
): Promise<FoundPaths> {
  const direct = await ask(from, to, "lineage", signal);
  return direct.count ? direct : ask(from, to, "any", signal);
}

async function ask(
  from: string,
  to: string,
  ways: "lineage" | "any",
  signal: AbortSignal,
): Promise<FoundPaths> {
  const params = { path: { model_id: from }, query: { to, ways, limit: 1 } };
  const { paths, nodes, count } = await hub.get("/v1/models/{model_id}/paths", { params, signal });
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  const named = paths.map((ids) => ids.map((id) => ({ id, name: names.get(id) ?? id })));
  return { paths: named, count, related: ways === "any" };
}
