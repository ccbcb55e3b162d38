import type { BoardRow } from "./boards.ts";
import { hub } from "./hub.ts";
import { knownModels } from "./recipe_page.ts";

/** A model that a recipe made: its run, its place on the map, and its row of a board. */
export interface MadeModel {
  name: string;
  run: string;
  finished: string | null;
  /** Its id in lineage; null as long as lineage has not heard of it. */
  id: string | null;
  row: BoardRow | null;
}

const MOST = 100; // runs, and so models

/** The models that merges by a recipe made, the newest first, with what they scored on a board. */
export async function madeBy(
  recipe: string,
  board: string,
  signal: AbortSignal,
): Promise<MadeModel[]> {
  const query = { recipe, kind: "merge", state: "succeeded", limit: MOST } as const;
  const { items } = await hub.get("/v1/runs", { params: { query }, signal });
  const newest = new Map<string, (typeof items)[number]>();
  for (const run of items) if (!newest.has(run.model_name)) newest.set(run.model_name, run);
  const names = [...newest.keys()];
  if (!names.length) return [];
  const [ids, rows] = await Promise.all([knownModels(names, signal), rowsOf(board, names, signal)]);
  return names.map((name) => ({
    name,
    run: newest.get(name)?.id ?? "",
    finished: newest.get(name)?.finished_at ?? null,
    id: ids.get(name) ?? null,
    row: rows.get(name) ?? null,
  }));
}

async function rowsOf(
  board: string,
  model: string[],
  signal: AbortSignal,
): Promise<Map<string, BoardRow>> {
  const params = { path: { board }, query: { model, limit: MOST } };
  const { items } = await hub.get("/v1/boards/{board}", { params, signal });
  return new Map(items.map((row) => [row.model, row]));
}
