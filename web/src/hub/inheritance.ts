import { read } from "./graph.ts";

export interface Named {
  id: string;
  name: string;
}

export interface Parent extends Named {
  relation: string;
  role: string;
  method: string | null;
  weight: number | null;
  licence: string | null;
  flagged: boolean;
}

export interface Shares {
  rule: string;
  origins: (Named & { share: number })[];
}

export interface Licences {
  licence: string | null;
  rule: string;
  inherited: { licence: string; path: Named[]; count: number }[];
  conflicts: { broken: string; reason: string; by: Named; licence: string; path: Named[] }[];
  exclusions: { one: { licence: string }; other: { licence: string } }[];
  unknown: number;
}

export interface Contamination {
  flags: { id: number; reason: string; evidence: string | null; path: Named[] }[];
}

/** What a model inherits from the models that it was made from. */
export interface Inheritance {
  parents: Parent[];
  shares: Shares;
  licences: Licences;
  contamination: Contamination;
}

const PARENTS = 50;

export async function readInheritance(id: string, signal: AbortSignal): Promise<Inheritance> {
  const of = <T>(what: string, query = {}) =>
    read<T>(`/v1/models/${encodeURIComponent(id)}/${what}`, query, signal);
  const [parents, shares, licences, contamination] = await Promise.all([
    of<{ items: Parent[] }>("parents", { limit: PARENTS }),
    of<Shares>("shares"),
    of<Licences>("licences"),
    of<Contamination>("contamination"),
  ]);
  return { parents: parents.items, shares, licences, contamination };
}
