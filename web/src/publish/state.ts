/** From what one publishes, as the address says: nothing, or a recipe by its owner and name. */
export type From = { way: "new" } | { way: "fork" | "version"; owner: string; name: string };

const NAMED = /^([^/]+)\/([^/]+)$/;

export function readState(query: URLSearchParams): From {
  const ways = [
    ["fork", query.get("fork")],
    ["version", query.get("version-of")],
  ] as const;
  for (const [way, text] of ways) {
    const [, owner, name] = NAMED.exec(text ?? "") ?? [];
    if (owner && name) return { way, owner, name };
  }
  return { way: "new" };
}

/** Under what the draft of a way is kept. */
export function keyOf(from: From): string {
  return from.way === "new" ? "new" : `${from.way}:${from.owner}/${from.name}`;
}

const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const LONGEST = 100;

export function isSlug(name: string): boolean {
  return name.length <= LONGEST && SLUG.test(name);
}

/** A name of a recipe made from a text, such as a file's name: `my-soup` for `My Soup.yml`. */
export function slugOf(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/\.[a-z]{2,5}$/, "")
    .replaceAll(/[^a-z0-9]+/g, "-");
  return plain.replaceAll(/^-+|-+$/g, "").slice(0, LONGEST);
}
