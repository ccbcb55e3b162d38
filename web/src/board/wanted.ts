import type { BoardWanted } from "../hub/own_boards.ts";

/** The name of a board in its address, from its title. */
export function nameOf(title: string): string {
  const plain = title
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-");
  return plain.slice(0, 60).replaceAll(/^-|-$/g, "");
}

/** What a form asks the hub for; null as long as something is missing. */
export function wantedOf(
  title: string,
  summary: string,
  weights: ReadonlyMap<string, number>,
): BoardWanted | null {
  const name = nameOf(title);
  const columns = [...weights].map(([benchmark, weight]) => ({ benchmark, weight }));
  const valid = columns.every(({ weight }) => weight > 0 && weight <= 1000);
  if (!name || !summary.trim() || !columns.length || !valid) return null;
  return { name, title: title.trim(), summary: summary.trim(), columns };
}
