import type { Schemas } from "@mergehub/client";

type Answer = Schemas["Map"];
/** What the binary form has as JSON (docs/map-data.md). */
type Header = Pick<
  Answer,
  | "as_of"
  | "scores_as_of"
  | "focus"
  | "truncated"
  | "kinds"
  | "families"
  | "licences"
  | "relations"
  | "methods"
> & {
  names: string[];
  arrays: Record<string, { type: keyof typeof TYPES; at: number; count: number }>;
};

export const PACKED = "application/vnd.mergehub.graph";
const TYPES = {
  float32: Float32Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint8: Uint8Array,
};
const BEFORE_HEADER = 12;
const ID_BYTES = 16;
const ID_LETTERS = 36;
const HEX = new TextEncoder().encode("0123456789abcdef");
const DASH = 45;

/** The map that the binary form has, as the JSON form would have it. */
export function unpacked(body: ArrayBuffer): Answer {
  const length = new DataView(body).getUint32(BEFORE_HEADER - 4, true);
  const text = new TextDecoder().decode(new Uint8Array(body, BEFORE_HEADER, length));
  const { names, arrays, ...header }: Header = JSON.parse(text);
  const array = (name: string) => {
    const { type, at, count } = arrays[name] ?? { type: "uint8" as const, at: 0, count: 0 };
    return new TYPES[type](body, BEFORE_HEADER + length + at, count);
  };
  const list = (name: string) => everyNth(array(name), 1, 0);
  const known = (name: string) => {
    const values: (number | null)[] = list(name);
    for (let at = 0; at < values.length; at += 1) if (Number.isNaN(values[at])) values[at] = null;
    return values;
  };
  return {
    ...header,
    nodes: {
      id: idsOf(array("id")),
      name: names,
      x: list("x"),
      y: list("y"),
      size: list("size"),
      depth: list("depth"),
      kind: list("kind"),
      family: list("group"),
      licence: list("licence"),
      children: list("children"),
      parents: list("parents"),
      importance: list("importance"),
      flagged: list("flagged"),
      score: known("score"),
      uplift: known("uplift"),
    },
    edges: {
      child: everyNth(array("pairs"), 2, 0),
      parent: everyNth(array("pairs"), 2, 1),
      relation: list("relation"),
      method: list("method"),
      weight: known("weight"),
    },
    clusters: clustersOf(list),
  };
}

function clustersOf(list: (name: string) => number[]): Answer["clusters"] {
  const keys = ["relation", "count", "x", "y", "size"] as const;
  const [relation, count, x, y, size] = keys.map((key) => list(`cluster_${key}`));
  return list("cluster_parent").map((parent, at) => ({
    parent,
    relation: relation?.[at] ?? 0,
    count: count?.[at] ?? 0,
    x: x?.[at] ?? 0,
    y: y?.[at] ?? 0,
    size: size?.[at] ?? 0,
  }));
}

/** A plain list; a loop makes it in a tenth of the time of `Array.from`. */
function everyNth(values: ArrayLike<number>, step: number, first: number): number[] {
  const found: number[] = new Array(values.length / step);
  for (let at = 0; at < found.length; at += 1) found[at] = values[step * at + first] ?? 0;
  return found;
}

/** UUIDs as text, from their bytes: the letters of all of them are decoded at once. */
function idsOf(bytes: ArrayLike<number>): string[] {
  const count = bytes.length / ID_BYTES;
  const letters = new Uint8Array(count * ID_LETTERS);
  let end = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const place = at % ID_BYTES;
    if (place === 4 || place === 6 || place === 8 || place === 10) letters[end++] = DASH;
    const byte = bytes[at] ?? 0;
    letters[end++] = HEX[byte >> 4] ?? 0;
    letters[end++] = HEX[byte & 15] ?? 0;
  }
  const text = new TextDecoder().decode(letters);
  const ids: string[] = new Array(count);
  for (let at = 0; at < count; at += 1) {
    ids[at] = text.slice(at * ID_LETTERS, (at + 1) * ID_LETTERS);
  }
  return ids;
}
