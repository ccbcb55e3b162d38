/** A value of a condition without its quotes, and where it stands in the text. */
export interface Value {
  text: string;
  from: number;
  to: number;
}

/** A condition of a search as it is written: on a field, or words. */
export interface Piece {
  /** Null: words. */
  field: string | null;
  negated: boolean;
  values: Value[];
  from: number;
  to: number;
}

const SPACE = /\s*/y;
const FIELD = /[^\W\d][\w.-]*(?::|(?=[<>=≤≥]))/uy;
const QUOTED = /["“”„]((?:[^"“”„\\]|\\.)*)["“”„]?/suy;
const BARE_VALUE = /[^\s",“”„]+/uy;
const BARE_WORD = /[^\s"“”„]+/uy;
const ALIASES: Readonly<Record<string, string>> = { model: "ingredient", license: "licence" };

/** The conditions of a text; the hub alone decides whether it understands them. */
export function piecesOf(text: string): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    at += match?.[0].length ?? 0;
    return match;
  };
  const value = (bare: RegExp): Value | null => {
    const from = at;
    const quoted = take(QUOTED);
    const plain = quoted ? quoted[1]?.replace(/\\(.)/gsu, "$1") : take(bare)?.[0];
    return plain === undefined ? null : { text: plain, from, to: at };
  };
  for (take(SPACE); at < text.length; take(SPACE)) {
    const from = at;
    const negated = text[at] === "-";
    if (negated) at += 1;
    const name = take(FIELD)?.[0].replace(":", "").toLowerCase() ?? null;
    const values: Value[] = [];
    for (let next = value(name ? BARE_VALUE : BARE_WORD); next; next = value(BARE_VALUE)) {
      values.push(next);
      if (!name || text[at] !== ",") break;
      at += 1;
    }
    if (!name && text[at] === "*") at += 1;
    if (at === from) at += 1; // what is no piece, such as a lone quotation mark
    found.push({ field: name && (ALIASES[name] ?? name), negated, values, from, to: at });
  }
  return found;
}

/** The text without a part of it, and without the space that this leaves over. */
export function without(text: string, { from, to }: { from: number; to: number }): string {
  return `${text.slice(0, from).trimEnd()} ${text.slice(to).trimStart()}`.trim();
}

/** A value as a search has it: in quotes if it needs them. */
export function written(value: string): string {
  return /^[^\s",\\“”„]+$/u.test(value) ? value : `"${value.replaceAll(/(["\\])/g, "\\$1")}"`;
}

/** How the hub sorts what a text finds: words can fit more or less, conditions only hold or not. */
export function firstSort(text: string): "relevance" | "new" {
  return piecesOf(text).some(({ field, negated }) => !field && !negated) ? "relevance" : "new";
}
