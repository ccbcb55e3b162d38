import type { GraphAnswer } from "../graph.ts";
import { type Neighbours, parentsOf } from "./neighbours.ts";

/** What joins those models of a path to a graph that it lacks, from its models outwards. */
export async function missingSteps(
  { nodes }: GraphAnswer,
  path: readonly string[],
  signal: AbortSignal,
): Promise<Neighbours[]> {
  const known = new Set(nodes.id);
  const first = path.findIndex((id) => known.has(id));
  if (first < 0 || path.every((id) => known.has(id))) return [];
  const forward = pairs(path.slice(first));
  const backward = pairs(path.slice(0, first + 1).reverse());
  const joints = await Promise.all(
    [...forward, ...backward].map(([from, to]) => (known.has(to) ? [] : joint(from, to, signal))),
  );
  return joints.flat();
}

/** The two models of a step are a child and its parent, in either order. */
async function joint(from: string, to: string, signal: AbortSignal): Promise<Neighbours[]> {
  const [up, down] = await Promise.all([parentsOf(from, signal), parentsOf(to, signal)]);
  if (up?.graph.nodes.id.includes(to)) return [{ anchor: from, graph: up.graph }];
  return down ? [{ anchor: from, graph: down.graph }] : [];
}

function pairs(path: readonly string[]): [string, string][] {
  return path.slice(1).map((to, at) => [path[at] ?? to, to]);
}
