import assert from "node:assert/strict";
import { test } from "node:test";
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
