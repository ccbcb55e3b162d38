import assert from "node:assert/strict";
import { test } from "node:test";
import { unpacked } from "../src/hub/graph/packed.ts";

const COLUMNS: Record<string, Float32Array | Uint32Array | Int32Array | Uint8Array> = {
  x: Float32Array.of(0.5, 2),
  y: Float32Array.of(0, -1.25),
  size: Float32Array.of(2, 1),
  group: Uint8Array.of(0, 0),
  pairs: Uint32Array.of(1, 0, 1, 0),
  kind: Uint8Array.of(0, 1),
  flagged: Uint8Array.of(0, 1),
  licence: Uint8Array.of(0, 0),
  relation: Uint8Array.of(1, 1),
  method: Uint8Array.of(0, 1),
  children: Uint32Array.of(70_000, 0),
  parents: Uint32Array.of(0, 1),
  depth: Int32Array.of(-1, 0),
  id: Uint8Array.from({ length: 32 }, (_, at) => at * 8),
  cluster_parent: Uint32Array.of(0),
  cluster_count: Uint32Array.of(12),
  cluster_x: Float32Array.of(4),
  cluster_y: Float32Array.of(5),
  cluster_size: Float32Array.of(6),
  cluster_relation: Uint8Array.of(1),
  importance: Float32Array.of(0.75, 0),
  weight: Float32Array.of(0.25, Number.NaN),
  score: Float32Array.of(50, Number.NaN),
  uplift: Float32Array.of(Number.NaN, -1.5),
};
const HEADER = {
  as_of: 7,
  scores_as_of: null,
  focus: "00081018-2028-3038-4048-505860687078",
  truncated: true,
  names: ["org/bäse", "org/tune"],
  kinds: ["original", "finetune"],
  families: ["org/bäse"],
  licences: [null],
  relations: ["merge", "finetune"],
  methods: [null, "ties"],
};

/** The binary form, as docs/map-data.md describes it. */
function packed(): ArrayBuffer {
  const arrays: Record<string, object> = {};
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const [name, column] of Object.entries(COLUMNS)) {
    const type = column.constructor.name.replace("Array", "").toLowerCase();
    arrays[name] = { type, at, count: column.length };
    const piece = new Uint8Array(Math.ceil(column.byteLength / 4) * 4);
    piece.set(new Uint8Array(column.buffer));
    pieces.push(piece);
    at += piece.length;
  }
  const text = new TextEncoder().encode(JSON.stringify({ ...HEADER, arrays }));
  const length = Math.ceil(text.length / 4) * 4;
  const body = new Uint8Array(12 + length + at).fill(32);
  body.set(new TextEncoder().encode("MHGRAPH1"));
  new DataView(body.buffer).setUint32(8, length, true);
  body.set(text, 12);
  let end = 12 + length;
  for (const piece of pieces) {
    body.set(piece, end);
    end += piece.length;
  }
  return body.buffer;
}

test("the binary form of a map says what the JSON form says", () => {
  const { nodes, edges, clusters, ...rest } = unpacked(packed());
  const { names, ...header } = HEADER;
  assert.deepEqual(rest, header);
  assert.deepEqual(nodes.name, names);
  assert.deepEqual(nodes.id, [HEADER.focus, "80889098-a0a8-b0b8-c0c8-d0d8e0e8f0f8"]);
  assert.deepEqual(nodes.x, [0.5, 2]);
  assert.deepEqual(nodes.depth, [-1, 0]);
  assert.deepEqual(nodes.children, [70_000, 0]);
  assert.deepEqual(
    [nodes.score, nodes.uplift],
    [
      [50, null],
      [null, -1.5],
    ],
  );
  assert.deepEqual(
    [edges.child, edges.parent],
    [
      [1, 1],
      [0, 0],
    ],
  );
  assert.deepEqual(edges.weight, [0.25, null]);
  assert.deepEqual(clusters, [{ parent: 0, relation: 1, count: 12, x: 4, y: 5, size: 6 }]);
});
