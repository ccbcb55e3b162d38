import type { Operations, Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

/** What became of the rows of a file, or what would become of them. */
export type Report = Schemas["ResultFileReport"];
export type ReportedRows = Schemas["ReportedRows"];
export type FileQuery = Operations["import_result_file"]["parameters"]["query"];

/** Sends a file of results to the hub; in a dry run, nothing is kept of it. */
export function sendFile(file: File, query: FileQuery): Promise<Report> {
  return hub.post("/v1/results/files", {
    params: { query },
    body: file as unknown as string, // as the types of the client call bytes
    bodySerializer: (body: unknown) => body as Blob,
    headers: { "Content-Type": "application/octet-stream" },
  });
}
