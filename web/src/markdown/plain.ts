/** Words in place of the marks of a line's beginning: headings, quotations, lists, rows of tables. */
const BEGINS = /^(\s*(#{1,6}(?=\s)|>|[-*+](?=\s)|\d{1,3}[.)](?=\s)))+\s*/;
const ONLY_MARKS = /^\s*(`{3,}.*|~{3,}.*|[-=*_|:\s]+)$/;

const LINK = /!?\[([^\][]*)\](\([^()\s]*(\s[^()]*)?(\)|$)|\[[^\][]*\])/g;
const INLINE: readonly [RegExp, string][] = [
  [LINK, "$1"],
  [LINK, "$1"], // of an image
  [/<(https?:\/\/[^<>\s]+)>/g, "$1"],
  [/<\/?(a|b|code|del|em|font|i|ins|kbd|mark|s|small|span|strong|su[bp]|u)(\s[^<>]*)?>/gi, ""],
  [/<\/?[a-z][^<>]*(>|$)/gi, " "], // of another block
  [/(?<!\\)(\*\*|~~)(?=\S)(.+?)\1/g, "$2"],
  [/(?<![\w\\])__(?=\S)(.+?)__(?!\w)/g, "$1"],
  [/(?<![\w*\\])\*(?=[^\s*])([^*]+)\*(?![\w*])/g, "$1"],
  [/(?<![\w\\])_(?=[^\s_])([^_]+)_(?!\w)/g, "$1"],
  [/(^|\s)(\*\*|__|~~|\*|_)(?=\w)(?!.*\2)/g, "$1"], // its end was cut off
  [/`+/g, ""],
  [/\\([!-/:-@[-`{-~])/g, "$1"],
];

/** The words of Markdown on one line, for an excerpt, whose end may be cut off. */
export function plainOf(text: string): string {
  const lines = text.split("\n").filter((line) => !ONLY_MARKS.test(line));
  const words = lines.map((line) => {
    const begun = line.replace(BEGINS, "");
    return begun.startsWith("|") ? begun.replaceAll("|", " ") : begun;
  });
  const whole = INLINE.reduce((said, [marks, kept]) => said.replace(marks, kept), words.join(" "));
  return whole.replace(/\s+/g, " ").trim();
}
