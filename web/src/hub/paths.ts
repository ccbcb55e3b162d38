import { read } from "./graph.ts";

export interface Step {
  id: string;
  name: string;
}

interface Answer {
  paths: string[][];
  nodes: Step[];
}

/** All shortest paths between two models, whichever of them came from the other. */
export async function readPaths(from: string, to: string): Promise<Step[][]> {
  const path = `/v1/models/${encodeURIComponent(from)}/paths`;
  const { paths, nodes } = await read<Answer>(path, { to }, new AbortController().signal);
  const names = new Map(nodes.map(({ id, name }) => [id, name]));
  return paths.map((ids) => ids.map((id) => ({ id, name: names.get(id) ?? id })));
}
