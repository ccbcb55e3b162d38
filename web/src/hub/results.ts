import { ask } from "./ask.ts";
import type { Estimate, Source } from "./boards.ts";

export interface Result {
  id: number;
  model: string;
  revision: string;
  precision: string;
  benchmark: string;
  version: string;
  subtask: string;
  metric: string;
  shots: number | null;
  chat_template: boolean | null;
  score: Estimate;
  stderr: number | null;
  count: number | null;
  limited: boolean;
  source: Source;
  origin: string;
  harness: string;
  harness_version: string;
  evaluated_on: string | null;
  created_at: string;
  run: string | null;
}

const MOST = 500;

/** The results of a model, the newest first; the older ones of the same things only with `history`. */
export async function readResults(
  model: string,
  history: boolean,
  signal?: AbortSignal,
): Promise<Result[]> {
  const query = { model, limit: MOST, ...(history && { history }) };
  return (await ask<{ items: Result[] }>("/v1/results", { query }, signal)).items;
}
