import { isMissing } from "../../hub/failures.ts";
import { type GraphQuery, readGraph } from "../../hub/graph/reading.ts";
import type { GraphAnswer } from "../graph.ts";
import { SHOWN_SIBLINGS } from "../state.ts";

/** A model that is on a map, and a graph around it. */
export interface Neighbours {
  anchor: string;
  graph: GraphAnswer;
}

const AROUND = { depth: 1, limit: 300, collapse: SHOWN_SIBLINGS } as const;

/** The models next to some, by the filters of a map. */
export async function neighboursOf(
  ids: readonly string[],
  { relation, method, licence, domain, kind, since }: GraphQuery,
  signal: AbortSignal,
): Promise<Neighbours[]> {
  const given = Object.entries({ relation, method, licence, domain, kind, since });
  const filter = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  const found = ids.map((focus) => around({ focus, ...AROUND, ...filter }, signal));
  return (await Promise.all(found)).flatMap((each) => each ?? []);
}

/** What a model was made from; nothing if the hub has no such model. */
export function parentsOf(id: string, signal: AbortSignal): Promise<Neighbours | null> {
  return around({ focus: id, ...AROUND, direction: "ancestors" }, signal);
}

async function around(
  query: GraphQuery & { focus: string },
  signal: AbortSignal,
): Promise<Neighbours | null> {
  try {
    return { anchor: query.focus, graph: await readGraph(query, signal) };
  } catch (error) {
    if (isMissing(error)) return null; // an old address may name a model that is gone
    throw error;
  }
}
