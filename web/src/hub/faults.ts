import { HubProblem } from "@mergehub/client";

// Of these the hub names no field, but there is only one that they can be about.
const FIELD_OF: Readonly<Record<string, string>> = {
  "token-name-taken": "/name",
  "handle-taken": "/handle",
  "member-invalid": "/person",
  "owner-invalid": "/owner",
};

/** What the hub says is wrong with a field that was sent, or with a part of it; null if nothing. */
export function faultAt(error: unknown, pointer: string): string | null {
  if (!(error instanceof HubProblem)) return null;
  if (FIELD_OF[error.code] === pointer) return error.message;
  const faults = error.errors.filter((fault) => isWithin(fault.pointer, pointer));
  return faults.map(({ detail, suggestion }) => said(detail, suggestion)).join(" ") || null;
}

/** Whether all that is wrong is said at one of the fields, so that nothing else needs to be said. */
export function isSaidAt(error: unknown, pointers: readonly string[]): boolean {
  if (!(error instanceof HubProblem)) return false;
  const field = FIELD_OF[error.code];
  if (field !== undefined) return pointers.includes(field);
  const { errors } = error;
  return (
    errors.length > 0 &&
    errors.every(({ pointer: at }) => pointers.some((each) => isWithin(at, each)))
  );
}

function isWithin(pointer: string, field: string): boolean {
  return pointer === field || pointer.startsWith(`${field}/`);
}

/** A fault as a sentence: `must be …` of the hub has no subject and no full stop. */
function said(detail: string, suggestion: string | null): string {
  const whole = /^(must|is) /.test(detail) ? `It ${detail}` : detail;
  const sentence = suggestion ? `${whole.replace(/\.$/, "")} (${suggestion})` : whole;
  return sentence.endsWith(".") ? sentence : `${sentence}.`;
}
