import MarkdownIt, { type Token } from "markdown-it";

const SAFE = /^https?:\/\//i;
const REL = "noopener nofollow ugc";

/** Strangers' Markdown: no HTML, links to the web only, and no image, which would be asked of its host. */
const markdown = new MarkdownIt({ html: false, linkify: true, maxNesting: 30 });
markdown.validateLink = (url) => SAFE.test(url);
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });

const { rules } = markdown.renderer;
const escaped = markdown.utils.escapeHtml;

rules.link_open = (tokens, at) => {
  const href = String(tokens[at]?.attrGet("href") ?? "");
  const empty = tokens[at + 1]?.type === "link_close";
  return `${link(href)}${empty ? escaped(href) : ""}`;
};

/** An image is a link to it; within a link, it is its words. */
rules.image = (tokens, at) => {
  const href = String(tokens[at]?.attrGet("src") ?? "");
  const words = escaped(tokens[at]?.content.trim() || href);
  return isInLink(tokens, at) ? words : `${link(href)}${words}</a>`;
};

// What overflows is scrolled by keyboard, and no style is inline: the policy of the pages forbids it.
rules.code_block = (tokens, at) => block(tokens[at]);
rules.fence = (tokens, at) => block(tokens[at]);
rules.table_open = () => '<div tabindex="0"><table>';
rules.table_close = () => "</table></div>";
rules.th_open = (tokens, at) => cell("th", tokens[at]);
rules.td_open = (tokens, at) => cell("td", tokens[at]);

/** Markdown as HTML that does nothing; its headings begin at a level, and leave out none. */
export function rendered(text: string, level: number): string {
  const tokens = markdown.parse(text, {});
  let last = level - 1;
  for (const token of tokens) {
    if (token.type === "heading_open") {
      last = Math.min(Number(token.tag.slice(1)) + level - 1, last + 1, 6);
    }
    if (token.type.startsWith("heading_")) token.tag = `h${last}`;
  }
  return markdown.renderer.render(tokens, markdown.options, {});
}

function link(href: string): string {
  return `<a href="${escaped(href)}" rel="${REL}">`;
}

function isInLink(tokens: readonly Token[], at: number): boolean {
  const before = tokens.slice(0, at).map(({ type }) => type);
  return before.lastIndexOf("link_open") > before.lastIndexOf("link_close");
}

function block(token: Token | undefined): string {
  return `<pre tabindex="0"><code>${escaped(token?.content ?? "")}</code></pre>\n`;
}

function cell(tag: string, token: Token | undefined): string {
  const side = /right|center/.exec(String(token?.attrGet("style") ?? ""))?.[0];
  return side ? `<${tag} class="${side}">` : `<${tag}>`;
}
