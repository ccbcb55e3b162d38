import { ask } from "./ask.ts";

export interface Recommendation {
  ingredients: { model: string; licence: string | null; scores: Record<string, number> }[];
  complement: number;
  why: string[];
  shared_base: string | null;
  licence: { verdict: string };
  similar: {
    merges: number;
    better: number;
    mean: number | null;
    low: number | null;
    high: number | null;
    method: string | null;
  } | null;
  flags: string[];
}

export interface Recommendations {
  base: string;
  domain: string | null;
  evidence: "plenty" | "some" | "little" | "none";
  note: string;
  items: Recommendation[];
}

export function readRecommendations(query: object, signal?: AbortSignal): Promise<Recommendations> {
  return ask("/v1/recommendations", { query }, signal);
}
