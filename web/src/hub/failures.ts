import { HubProblem } from "@mergehub/client";

const BY_CODE: Readonly<Record<string, string>> = {
  "model-not-found": "This hub has no such model.",
  "graph-loading": "The hub has just started and is still loading its models.",
  "run-not-found": "This hub has no such run.",
  "recipe-not-found": "This hub has no such recipe or version, or it is private to others.",
  "catalogue-loading": "The hub has just started and is still reading its recipes.",
  "precondition-failed":
    "Somebody has changed this meanwhile. Look at what it is now, and do it again.",
};

const BY_STATUS: Readonly<Record<number, string>> = {
  401: "Sign in to see or do this.",
  403: "You may not see this.",
  422: "The hub does not understand a part of this page's address.",
  429: "The hub has had too many questions from here. Wait a moment.",
};

// Of these the hub says in a sentence for people what is wrong with what they sent or named.
const SAID = new Set([
  "unreadable-file",
  "body-too-large",
  "forbidden",
  "not-your-board",
  "board-name-taken",
  "too-many-boards",
  "nothing-to-release",
  "too-many-releases",
  "no-results",
  "model-without-results",
  "base-not-found",
  "board-not-found",
  "benchmark-not-found",
  "no-account",
  "account-not-found",
  "not-yours",
  "quota-exceeded",
  "handle-taken",
  "member-invalid",
  "owner-invalid",
  "last-owner",
  "token-invalid",
  "token-name-taken",
  "token-of-settings",
  "beyond-own",
  "webhook-not-found",
  "webhook-disabled",
  "webhook-url-refused",
  "webhook-type-without-form",
  "delivery-not-found",
  "secrets-key-missing",
  "recipe-name-taken",
  "recipe-archived",
  "recipe-needed",
  "too-many-names",
  "comment-not-found",
  "comment-quota-exceeded",
  "parent-invalid",
  "too-many-comments",
]);

/** What went wrong, as a sentence for people. */
export function sentence(error: unknown): string {
  if (isAway(error)) return "The hub does not answer.";
  if (isMissing(error)) return BY_CODE["model-not-found"] ?? "";
  if (!(error instanceof HubProblem)) return "This page has failed. Load it again.";
  if (SAID.has(error.code)) return error.message;
  if (error.code === "invalid" && error.errors.length) return faultsOf(error);
  return BY_CODE[error.code] ?? BY_STATUS[error.status] ?? inside(error);
}

/** The page that explains a problem of the hub and says what to do, if that is more to say. */
export function explanation(error: unknown): string | null {
  const known = !(error instanceof HubProblem) || error.code in BY_CODE || isMissing(error);
  return !known && error.type.startsWith("/docs") ? error.type : null;
}

/** Whether the hub did not answer, so that the same question may be answered later. */
export function isAway(error: unknown): boolean {
  const unloaded = error instanceof Error && error.message.startsWith("Unable to preload"); // Vite
  return (
    unloaded ||
    error instanceof TypeError ||
    (error instanceof HubProblem && error.code === "http-error")
  );
}

/** Whether the hub no longer knows who asks: a session has ended, or a token. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof HubProblem && error.status === 401;
}

const OF_OTHERS = /(run|recipe|webhook|token)_id$/; // ids that are not of models

/** Whether what an address names as a model is none. */
export function isMissing(error: unknown): boolean {
  if (!(error instanceof HubProblem)) return false;
  return error.code === "model-not-found" || error.errors.some(isNoModel);
}

function isNoModel({ code, pointer }: HubProblem["errors"][number]): boolean {
  return code === "uuid_parsing" && !OF_OTHERS.test(pointer);
}

/** What is wrong with values of an address or a form, and what the hub supposes was meant. */
function faultsOf({ errors }: HubProblem): string {
  const ofAddress = errors.some(({ pointer }) => /^\/(query|path)\//.test(pointer));
  const where = ofAddress ? "a part of this page's address" : "what was sent";
  const faults = errors.map(({ pointer, detail, suggestion }) => {
    return `${namedBy(pointer)}: ${detail}${suggestion ? ` (${suggestion})` : ""}`;
  });
  return `The hub does not take ${where}. ${faults.join("; ")}.`;
}

/** The name of the value that a pointer leads to, without its place in a list. */
export function namedBy(pointer: string): string {
  const names = pointer.split(/[/#]/).filter((each) => !/^\d+$/.test(each));
  return names.at(-1) ?? "";
}

function inside({ status, requestId }: HubProblem): string {
  const id = requestId === null ? "" : ` Its operator finds the cause by this id: ${requestId}.`;
  return status >= 500 ? `Something failed within the hub.${id}` : "The hub has refused this.";
}
