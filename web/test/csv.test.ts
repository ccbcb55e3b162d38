import assert from "node:assert/strict";
import { test } from "node:test";
import { csvOf } from "../src/app/csv.ts";
import { addressWith, asDay, asFlag, asNumber, oneOf } from "../src/app/query.ts";
import { fileName } from "../src/app/saving.ts";

test("a table is CSV by its standard", () => {
  assert.equal(
    csvOf([
      ["model", "score"],
      ['a,"b"', -1.5],
      ["two\nlines", null],
      ["plain", true],
    ]),
    'model,score\r\n"a,""b""",-1.5\r\n"two\nlines",\r\nplain,true\r\n',
  );
});

test("a text from strangers is no formula", () => {
  assert.equal(csvOf([["=HYPERLINK(1)", "@a", "-b"]]), "'=HYPERLINK(1),'@a,'-b\r\n");
});

test("a file has a name that every system allows", () => {
  assert.equal(fileName("Size & score: overall/ü", "svg"), "size-score-overall.svg");
  assert.equal(fileName("../..", "csv"), "mergehub.csv");
});

test("an address has only what differs from the first state", () => {
  const first = {
    board: null as string | null,
    q: "",
    method: [] as string[],
    verified: null as boolean | null,
  };
  assert.equal(addressWith("/boards", first, first), "/boards");
  assert.equal(
    addressWith(
      "/boards",
      { board: "me/mine", q: "a b", method: ["ties", "slerp"], verified: true },
      first,
    ),
    "/boards?board=me%2Fmine&q=a+b&method=ties&method=slerp&verified=true",
  );
});

test("what an address says wrongly is as at first", () => {
  assert.equal(asDay("2026-13-01"), null);
  assert.equal(asDay("2026-02-03"), "2026-02-03");
  assert.equal(asNumber("7.5"), 7.5);
  assert.equal(asNumber("-7"), null);
  assert.equal(asNumber("1e9"), null);
  assert.equal(asFlag("false"), false);
  assert.equal(asFlag("no"), null);
  assert.equal(oneOf(["a", "b"] as const, "c", "a"), "a");
});
