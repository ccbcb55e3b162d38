/** A part of a line of YAML, and what it is. */
export interface YamlPart {
  text: string;
  kind: "plain" | "key" | "text" | "value" | "mark" | "comment";
}

// In the order in which they are tried at each place of a line.
const PARTS: readonly [YamlPart["kind"], RegExp][] = [
  ["comment", /(?<=^|\s)#.*/y],
  [
    "key",
    /(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s\-?:,[\]{}#&*!|>'"%@`][^:#,[\]{}]*?)(?=\s*:(?:\s|$))/y,
  ],
  ["text", /"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'/y],
  ["mark", /^---|^\.\.\.|-(?=\s|$)|[[\]{},]|:(?=\s|$)|[|>][+-]?\d?(?=\s|$)|[&*!][^\s,[\]{}]*/y],
  [
    "value",
    /(?:true|false|null|~|[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:e[-+]?\d+)?|0x[\da-f]+)(?=\s*(?:$|[,\]}]|\s#))/iy,
  ],
  ["plain", /\s+|[^\s,[\]{}]+/y],
];

const LONGEST = 300; // letters of a line in colour; the patterns look far ahead

/** The lines of a text of YAML, each in parts that say what they are; a reader's help, no parser. */
export function yamlLines(text: string): YamlPart[][] {
  return text.replace(/\n$/, "").split("\n").map(partsOf);
}

function partsOf(line: string): YamlPart[] {
  if (line.length > LONGEST) return [{ text: line, kind: "plain" }];
  const parts: YamlPart[] = [];
  let at = 0;
  while (at < line.length) {
    const part = partAt(line, at);
    const before = parts.at(-1);
    if (before?.kind === part.kind) before.text += part.text;
    else parts.push(part);
    at += part.text.length;
  }
  return parts;
}

function partAt(line: string, at: number): YamlPart {
  for (const [kind, pattern] of PARTS) {
    pattern.lastIndex = at;
    const text = pattern.exec(line)?.[0];
    if (text) return { text, kind };
  }
  return { text: line[at] ?? "", kind: "plain" };
}
