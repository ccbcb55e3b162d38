import { HubProblem } from "@mergehub/client";

/** What went wrong, as a sentence for people. */
export function sentence(error: unknown): string {
  if (error instanceof HubProblem) return error.message;
  if (error instanceof TypeError) return "The hub does not answer. Is it running?";
  return error instanceof Error ? error.message : String(error);
}

/** The page that explains a problem of the hub and says what to do, if it has one. */
export function explanation(error: unknown): string | null {
  return error instanceof HubProblem && error.type.startsWith("/docs") ? error.type : null;
}
