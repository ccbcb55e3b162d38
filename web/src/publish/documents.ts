import { slugOf } from "./state.ts";

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

/** The recipes of a file: each is called as the file, and as its own `name` or place says. */
export function rowsOf(file: string, documents: readonly string[]): Row[] {
  const base = slugOf(file) || "recipe";
  return documents.map((recipe, at) => {
    const own = /^name:[ \t]*["']?([^"'#\r\n]+)/m.exec(recipe)?.[1];
    return { name: slugOf(`${base}-${own?.trim() || at + 1}`), recipe, line: at + 1 };
  });
}
