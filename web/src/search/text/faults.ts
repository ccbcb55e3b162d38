import { HubProblem } from "@mergehub/client";

/** Something in a search that the hub does not understand. */
export interface Fault {
  /** Where it stands in the text, if the hub says so. */
  from: number;
  to: number;
  detail: string;
  /** What the hub supposes, in its words. */
  hint: string | null;
  /** What the hub supposes was meant in its place, if that can be put there without a question. */
  meant: string | null;
}

const PLACE = /^\/query\/q#char=(\d+),(\d+)$/;
const MEANT = /^did you mean (['"])(.+)\1\?$/;

/** The faults that the hub found in a search; null if something else failed. */
export function faultsOf(error: unknown, text: string): Fault[] | null {
  if (!(error instanceof HubProblem) || error.code !== "query-invalid") return null;
  return error.errors.map(({ pointer, code, detail, suggestion = null }) => {
    const { from, to } = placeOf(pointer, text);
    const meant = fixOf(code, suggestion, text.slice(from, to));
    return { from, to, detail, hint: suggestion, meant };
  });
}

/** The search with what was meant in the place of some faults; null if none of them says it. */
export function fixedOf(text: string, faults: readonly Fault[]): string | null {
  const known = faults.filter(({ meant }) => meant !== null);
  if (!known.length) return null;
  const fixed = known
    .sort((one, other) => other.from - one.from) // from the end on, so that places stay right
    .reduce((now, { from, to, meant }) => now.slice(0, from) + meant + now.slice(to), text);
  return fixed.trim();
}

/** A place in the text; the hub counts characters, and a browser halves some of them. */
function placeOf(pointer: string, text: string): { from: number; to: number } {
  const place = PLACE.exec(pointer);
  if (!place) return { from: 0, to: text.length };
  const characters = [...text];
  const before = (count: string | undefined) => characters.slice(0, Number(count)).join("").length;
  return { from: before(place[1]), to: before(place[2]) };
}

/** What stands in the place of a fault, if it can be put right without a question. */
function fixOf(code: string, suggestion: string | null, wrong: string): string | null {
  if (code === "unclosed_quote") return `${wrong}"`;
  if (code === "parenthesis") return "";
  return MEANT.exec(suggestion ?? "")?.[2] ?? null;
}

/** A part of a text, and whether a fault is in it. */
export interface Part {
  text: string;
  wrong: boolean;
}

/** The text in parts, so that the faults can be marked. */
export function partsOf(text: string, faults: readonly Fault[]): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const { from, to } of [...faults].sort((one, other) => one.from - other.from)) {
    if (from < at) continue;
    parts.push({ text: text.slice(at, from), wrong: false });
    parts.push({ text: text.slice(from, to), wrong: true });
    at = to;
  }
  parts.push({ text: text.slice(at), wrong: false });
  return parts.filter((part) => part.text);
}
