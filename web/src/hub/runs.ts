import { etag, HubProblem, type Operations, type Run, type Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

export type { Run };
export type RunState = Schemas["RunState"];
export type Progress = NonNullable<Run["progress"]>;
export type RunSummary = Schemas["RunSummary"];
export type RunPage = Schemas["RunPage"];
export type RunsQuery = NonNullable<Operations["list_runs"]["parameters"]["query"]>;
export type RunWanted = Operations["submit_run"]["requestBody"]["content"]["application/json"];
export type SubmittedRun = Schemas["SubmittedRun"];
export type Kind = NonNullable<RunsQuery["kind"]>;
export type Version = Schemas["ComparedVersion"];
export type Tensors = Schemas["RunTensors"]["tensors"];

const UNCHANGED = 304;

/** A page of runs, newest first. */
export function listRuns(query: RunsQuery, signal?: AbortSignal): Promise<RunPage> {
  return hub.get("/v1/runs", { params: { query }, signal: signal ?? null });
}

/** A page of runs that was read before, if it has changed; else null. */
export async function listAgain(
  before: RunPage | null,
  query: RunsQuery,
  signal: AbortSignal,
): Promise<RunPage | null> {
  const known = before && etag(before);
  const header = known ? { "If-None-Match": known } : {};
  try {
    return await hub.get("/v1/runs", { params: { query, header }, signal });
  } catch (error) {
    if (error instanceof HubProblem && error.status === UNCHANGED) return null;
    throw error;
  }
}

/** A version of a recipe by its id. The hub finds one by its id alone where it compares two. */
export async function readVersion(id: string, signal: AbortSignal): Promise<Version> {
  const query = { from: id, to: id };
  return (await hub.get("/v1/recipes/diff", { params: { query }, signal })).old;
}

export function submit(run: RunWanted): Promise<SubmittedRun> {
  return hub.post("/v1/runs", { body: run });
}

export function cancel(run_id: string): Promise<Run> {
  return hub.post("/v1/runs/{run_id}/cancel", { params: { path: { run_id } } });
}

export function retry(run_id: string): Promise<SubmittedRun> {
  return hub.post("/v1/runs/{run_id}/retry", { params: { path: { run_id } } });
}

/** What a queued run waits for beside its turn, in sentences. */
export async function readWaiting(run_id: string, signal: AbortSignal): Promise<readonly string[]> {
  const params = { path: { run_id } };
  return (await hub.get("/v1/runs/{run_id}/waiting", { params, signal })).reasons;
}

/** The score of each item of a benchmark, by its hash; null if the run keeps none. */
export function readItems(
  run_id: string,
  benchmark: string,
  signal: AbortSignal,
): Promise<Record<string, number> | null> {
  const params = { path: { run_id }, query: { benchmark } };
  const items = hub.get("/v1/runs/{run_id}/items", { params, signal });
  return items.then((answer) => answer.items, nullIfMissing);
}

/** The tensors that a merge made, by their names; null if its worker reported none. */
export function readTensors(run_id: string, signal: AbortSignal): Promise<Tensors | null> {
  const answer = hub.get("/v1/runs/{run_id}/tensors", { params: { path: { run_id } }, signal });
  return answer.then(({ tensors }) => tensors, nullIfMissing);
}

/** What a merge read: each ingredient, its revision, and its files. */
export interface Lock {
  engine: string;
  seed: number;
  ingredients: readonly {
    ref: string;
    kind: string;
    revision: string | null;
    files: Readonly<Record<string, { sha256: string; size: number }>>;
  }[];
}

export interface ReadLock {
  digest: string;
  lock: Lock;
}

/** The lock of a merge; null if its worker reported none. */
export function readLock(run_id: string, signal: AbortSignal): Promise<ReadLock | null> {
  const answer = hub.get("/v1/runs/{run_id}/lock", { params: { path: { run_id } }, signal });
  return answer.then(
    ({ digest, lock }) => ({ digest, lock: lock as unknown as Lock }),
    nullIfMissing,
  );
}

function nullIfMissing(error: unknown): null {
  if (error instanceof HubProblem && error.status === 404) return null;
  throw error;
}
