import { hub } from "./hub.ts";

export interface Reported {
  line: number;
  model: string;
  benchmark: string;
  why: string;
}

export interface ReportedRows {
  count: number;
  items: Reported[];
}

/** What became of the rows of a file, or what would become of them. */
export interface Report {
  dry_run: boolean;
  format: string;
  added: number;
  repeated: number;
  replaced: number;
  skipped: ReportedRows;
  doubtful: ReportedRows;
  models_new: number;
  benchmarks_new: string[];
}

export interface FileQuery {
  format: string;
  origin: string;
  dry_run: boolean;
  source?: string;
  mapping?: string;
}

/** Sends a file of results to the hub; in a dry run, nothing is kept of it. */
export function sendFile(file: File, query: FileQuery, signal?: AbortSignal): Promise<Report> {
  const post = hub.post as unknown as (path: string, init: object) => Promise<Report>;
  return post("/v1/results/files", {
    params: { query },
    body: file,
    bodySerializer: (body: File) => body,
    headers: { "Content-Type": typeOf(file.name) },
    ...(signal && { signal }),
  });
}

const TYPES: Readonly<Record<string, string>> = {
  csv: "text/csv",
  tsv: "text/csv",
  json: "application/json",
  jsonl: "application/jsonl",
  yaml: "application/yaml",
  yml: "application/yaml",
  md: "text/markdown",
  zip: "application/zip",
};

/** The media type of a file by its name. */
export function typeOf(name: string): string {
  return TYPES[name.slice(name.lastIndexOf(".") + 1).toLowerCase()] ?? "application/octet-stream";
}
