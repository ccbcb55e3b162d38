import type { RecipePage } from "../../hub/searching.ts";

/** The search with the frequent words in the place of rare ones that may be mistakes. */
export function instead(q: string, corrections: RecipePage["corrections"]): string | null {
  const doubtful = corrections.filter(({ certain }) => !certain);
  const text = doubtful.reduce(
    (left, { written, read }) =>
      left.replace(new RegExp(`(?<![\\p{L}\\p{N}])${written}(?![\\p{L}\\p{N}])`, "iu"), () => read),
    q,
  );
  return text === q ? null : text;
}
