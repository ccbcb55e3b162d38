import assert from "node:assert/strict";
import { test } from "node:test";
import { plainOf } from "../src/markdown/plain.ts";
import { rendered } from "../src/markdown/render.ts";

const PARTS = /<[^>]*>/g;
const ALLOWED =
  /^<\/?(?:p|h[1-6]|ul|ol|li|em|strong|s|code|blockquote|hr|br|thead|tbody|tr|table)>$|^<ol start="\d+">$|^<(?:pre|div) tabindex="0">$|^<\/(?:a|pre|div|th|td)>$|^<t[hd](?: class="(?:right|center)")?>$|^<a href="https?:\/\/[^"]*" rel="noopener nofollow ugc">$/;

const HOSTILE = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  '<a href="https://e.example" onclick="alert(1)">x</a>',
  "[x](javascript:alert(1))",
  "[x](JaVaScRiPt&colon;alert(1))",
  "[x](java\nscript:alert(1))",
  "[x](data:text/html,<script>alert(1)</script>)",
  "[x](vbscript:alert(1)) [y](file:///etc/passwd) [z](//e.example)",
  "<javascript:alert(1)>",
  "![x](https://e.example/a.png)",
  '![x"><script>alert(1)</script>](https://e.example/a.png "t")',
  '[x](https://e.example/"onmouseover="alert(1))',
  "[![badge](https://e.example/b.svg)](https://e.example)",
  "[](https://e.example)",
  "| a | b |\n|--:|:-:|\n| 1 | <b>2</b> |",
  '```"><script>alert(1)</script>\n</code></pre><script>alert(1)</script>\n```',
  "<!-- --><style>*{display:none}</style><iframe src=/></iframe>",
  '[a]: javascript:alert(1) "x"\n[b][a] [c]: <x>',
  "&lt;script&gt;alert(1)&lt;/script&gt;",
  `${"![](https://e.example/x.png)".repeat(500)}`,
  `${"[".repeat(5_000)}x${"](https://e.example)".repeat(100)}`,
  `${"> ".repeat(5_000)}x`,
  `${"*_".repeat(5_000)}`,
];

test("whatever strangers write, only harmless elements come of it", () => {
  for (const text of [...HOSTILE, HOSTILE.slice(0, 19).join("\n\n")]) {
    for (const part of rendered(text, 3).match(PARTS) ?? []) {
      assert.match(part, ALLOWED, `${part} of ${text.slice(0, 100)}`);
    }
  }
});

test("images are links to them, and within a link they are words", () => {
  const link = '<a href="https://e.example/a.png" rel="noopener nofollow ugc">a plot</a>';
  assert.equal(rendered("![a plot](https://e.example/a.png)", 3), `<p>${link}</p>\n`);
  const badge = rendered("[![badge](https://e.example/b.svg)](https://e.example)", 3);
  assert.equal(badge.match(/<a /g)?.length, 1);
  assert.match(badge, />badge<\/a>/);
  assert.match(rendered("![](https://e.example/a.png)", 3), />https:\/\/e.example\/a.png<\/a>/);
  assert.match(rendered("[](https://e.example)", 3), />https:\/\/e.example<\/a>/);
});

test("headings begin at a level and leave out none", () => {
  const levels = (text: string) => rendered(text, 3).match(/<h\d/g);
  assert.deepEqual(levels("# a\n\n#### b\n\n## c\n\n###### d"), ["<h3", "<h4", "<h4", "<h5"]);
  assert.deepEqual(levels("###### a"), ["<h3"]);
});

test("addresses in the text are links", () => {
  assert.match(rendered("see https://e.example/x.", 3), /<a href="https:\/\/e.example\/x" rel/);
  assert.doesNotMatch(rendered("see e.example or mailto:a@e.example", 3), /<a /);
});

test("an excerpt of Markdown has its words without its marks", () => {
  const said: readonly [string, string][] = [
    ["# Soup\n\nA **good** soup, _really_ `good`.", "Soup A good soup, really good."],
    ["Of [one](https://e.example/a_b 'One') and [two][2].", "Of one and two."],
    ["[![badge](https://e.example/b.svg)](https://e.example) Soup", "badge Soup"],
    ["See <https://e.example/a_b_c>.", "See https://e.example/a_b_c."],
    ["> quoted\n\n* one\n* two\n1. three", "quoted one two three"],
    ["Title\n=====\n\ntext\n\n---\n\nmore", "Title text more"],
    ["```yaml\nmerge_method: ties\n```", "merge_method: ties"],
    ["| a | b |\n|---|:-:|\n| 1 | 2 |", "a b 1 2"],
    ['<div align="center"><b>Soup</b>, <a href="/x">warm</a></div>', "Soup, warm"],
    ["one<br>two<p>three</p>", "one two three"],
    ["It is \\*not\\* ~~bad~~.", "It is *not* bad."],
    ["***both*** and __strong__", "both and strong"],
  ];
  for (const [text, plain] of said) assert.equal(plainOf(text), plain);
});

test("what is no mark stays in an excerpt", () => {
  for (const plain of [
    "2 * 3 * 4 and a*b*c",
    "snake_case_name and __init__py",
    "-0.5 weights, 3.5 points",
    "a < b > c",
    "C# and #1",
    "a | b",
    "[not] (a link)",
  ]) {
    assert.equal(plainOf(plain), plain);
  }
});

test("marks whose end is cut off are left out as well", () => {
  assert.equal(plainOf("Soup **of two mod"), "Soup of two mod");
  assert.equal(plainOf("Soup _of two mod"), "Soup of two mod");
  assert.equal(plainOf("Soup of [two](https://e.exa"), "Soup of two");
  assert.equal(plainOf("Soup ```yaml\nmerge"), "Soup yaml merge");
  assert.equal(plainOf('Soup <img src="https://e.exa'), "Soup");
});

test("a hostile excerpt takes no time", () => {
  for (const mark of ["*", "_", "**", "[", "](", "<a ", "`", "- ", "> ", "| ", "\\"]) {
    assert.ok(plainOf(mark.repeat(300)).length <= 900);
  }
});
