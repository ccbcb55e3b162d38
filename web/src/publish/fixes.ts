import type { Fault } from "../hub/publishing.ts";

/** A change that does what a fault suggests. */
export interface Fix {
  /** What the button says. */
  label: string;
  /** The whole text after it. */
  text: string;
}

const MEANT = /^did you mean '([^']+)'/;
const WRITE = /^write (-?\d+)$/;
const ADD = /^add ((\w+): \S+?),? /;

/** The change that a fault's suggestion names, if the text says where to make it; else null. */
export function fixOf(fault: Fault, text: string): Fix | null {
  const suggestion = fault.suggestion ?? "";
  const lines = text.split("\n");
  const added = ADD.exec(suggestion)?.[1];
  if (added !== undefined) return { label: `Add ${added}`, text: withLine(lines, added) };
  const line = fault.line === null ? undefined : lines[fault.line - 1];
  if (line === undefined) return null;
  const meant = MEANT.exec(suggestion)?.[1];
  const written = WRITE.exec(suggestion)?.[1];
  const wanted = meant ?? written;
  if (wanted === undefined) return null;
  const now = meant === undefined ? withValue(line, fault, wanted) : withWord(line, fault, wanted);
  if (now === null) return null;
  lines[(fault.line ?? 1) - 1] = now;
  return { label: `Write ${wanted}`, text: lines.join("\n") };
}

/** The line with a word in the place of the one that the fault quotes last of those in the line. */
function withWord(line: string, { detail }: Fault, wanted: string): string | null {
  const quoted = [...detail.matchAll(/'([^']+)'/g)].map(([, word]) => word ?? "").reverse();
  for (const word of quoted) {
    const at = word === wanted ? -1 : placeOf(line, word);
    if (at >= 0) return line.slice(0, at) + wanted + line.slice(at + word.length);
  }
  return null;
}

/** Where a whole word begins in a line, before any comment; -1 if it is not there. */
function placeOf(line: string, word: string): number {
  const part = /[\w./-]/;
  const end = line.search(/(^|\s)#/);
  const within = end < 0 ? line : line.slice(0, end);
  for (let at = within.indexOf(word); at >= 0; at = within.indexOf(word, at + 1)) {
    const around = [within[at - 1], within[at + word.length]];
    if (!around.some((each) => each !== undefined && part.test(each))) return at;
  }
  return -1;
}

/** The line with a value in the place of that of the field that the fault points to. */
function withValue(line: string, { pointer }: Fault, wanted: string): string | null {
  const field = pointer.split("/").at(-1) ?? "";
  const at = placeOf(line, field);
  const value =
    at < 0 ? null : /^\s*:\s*("[^"]*"|'[^']*'|[^\s,}\]#]+)/.exec(line.slice(at + field.length));
  if (!value?.[1]) return null;
  const from = at + field.length + value[0].length - value[1].length;
  return line.slice(0, from) + wanted + line.slice(from + value[1].length);
}

/** The lines with another one after that of the merge method, or else at the beginning. */
function withLine(lines: readonly string[], added: string): string {
  const method = lines.findIndex((line) => line.startsWith("merge_method:"));
  return [...lines.slice(0, method + 1), added, ...lines.slice(method + 1)].join("\n");
}
