import { slugOf } from "./state.ts";

/** The most characters of a recipe's text, as the hub takes it. */
const LONGEST = 262_144;

/** The text of a file; throws a sentence that says why it can be no recipe. */
export async function textOf(file: File): Promise<string> {
  if (file.size > 4 * LONGEST) throw new Error(tooLong(file.name));
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new Error(`${file.name} is not text: a recipe is YAML in UTF-8.`);
  }
  if (text.length > LONGEST) throw new Error(tooLong(file.name));
  return text;
}

function tooLong(name: string): string {
  return `${name} is too long: a recipe has at most ${LONGEST.toLocaleString("en")} characters.`;
}

/** The YAML documents of a text: what `---` at the beginning of a line separates. */
export function documentsOf(text: string): string[] {
  const documents = text.split(/^---(?:[ \t].*)?\r?\n/m);
  return documents.filter((each) => /^[ \t]*[^#\s]/m.test(each));
}

/** A recipe of a file with several, and the name that it gets. */
export interface Row {
  name: string;
  recipe: string;
  line: number;
}

/** The recipes of a file: each is called as the file, and as its own `name` or place says, if not the first. */
export function rowsOf(file: string, documents: readonly string[]): Row[] {
  const base = slugOf(file) || "recipe";
  return documents.map((recipe, at) => {
    const own = /^name:[ \t]*["']?([^"'#\r\n]+)/m.exec(recipe)?.[1];
    const also = own?.trim() || (at ? String(at + 1) : "");
    return { name: also ? slugOf(`${base}-${also}`) : base, recipe, line: at + 1 };
  });
}
