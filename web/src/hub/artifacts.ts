import { HubProblem, type Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

export type ArtifactFiles = Schemas["ArtifactFiles"];

/** Of a run without a model that is kept, and of a hub without a store. */
const NONE = new Set([404, 410, 501]);

/** The files of the model that a run made; null if none are kept. */
export async function readFiles(
  run_id: string,
  signal: AbortSignal,
): Promise<ArtifactFiles | null> {
  try {
    return await hub.get("/v1/artifacts/{run_id}", { params: { path: { run_id } }, signal });
  } catch (error) {
    if (error instanceof HubProblem && NONE.has(error.status)) return null;
    throw error;
  }
}

/** The address of a file of a model, which the browser saves. */
export function fileAddress(run: string, name: string): string {
  const path = name.split("/").map(encodeURIComponent).join("/");
  return `/v1/artifacts/${run}/files/${path}`;
}
