import type { Mark } from "../components/yaml/marks.ts";
import type { Fault, Verdict } from "../hub/publishing.ts";

/** A fault or a warning of the check, as the page lists it. */
export interface Listed {
  fault: Fault;
  tone: Mark["tone"];
  /** Where it is, for people, as in `line 3, /models/1/model`. */
  place: string;
}

/** Everything that the check found, in the order of its lines; what has no line comes first. */
export function listedOf(verdict: Verdict): Listed[] {
  const tone = "faults" in verdict ? "fault" : "warning";
  const found = "faults" in verdict ? verdict.faults : verdict.checked.warnings;
  const sorted = [...found].sort((one, other) => (one.line ?? 0) - (other.line ?? 0));
  return sorted.map((fault) => ({ fault, tone, place: placeOf(fault) }));
}

const LONGEST = 100; // of what is said beside a line; the list below has all of it

/** What is said beside the lines. */
export function marksOf(listed: readonly Listed[]): Mark[] {
  return listed.flatMap(({ fault: { line, detail, suggestion }, tone }) => {
    const said = detail.length > LONGEST ? `${detail.slice(0, LONGEST - 1)}…` : detail;
    return line === null
      ? []
      : [{ line, tone, text: suggestion ? `${said} (${suggestion})` : said }];
  });
}

/** The line of a fault and its place in the document: what follows `#` in its pointer. */
function placeOf({ line, pointer }: Fault): string {
  const within = pointer.split("#")[1];
  if (line === null) return within || "the whole recipe";
  return within ? `line ${line}, ${within}` : `line ${line}`;
}
