/** A number of things of a group in a column: a month, such as `2026-11`. */
export interface Count {
  column: string;
  group: string;
  count: number;
}

/** A part of a column, from its lower to its upper end in shares of the highest column. */
export interface Part {
  group: string;
  count: number;
  from: number;
  to: number;
}

export interface Stack {
  /** The groups, the largest first; the smallest ones are joined as `other`. */
  groups: string[];
  columns: { name: string; total: number; parts: Part[] }[];
  most: number;
}

export const OTHER = "other";
const MONTHS = 36;

/** A column for each of the last months, of parts one above the other, with at most so many groups. */
export function stacked(all: readonly Count[], groupsAtMost: number): Stack {
  const known = all.map(({ column }) => column).sort();
  const shown = months(known[0], known.at(-1)).slice(-MONTHS);
  const counts = all.filter(({ column }) => shown.includes(column));
  const totals = summed(counts, ({ group }) => group);
  const largest = [...totals].sort(([, a], [, b]) => b - a).map(([group]) => group);
  const kept = largest.slice(0, largest.length > groupsAtMost ? groupsAtMost - 1 : groupsAtMost);
  const groups = kept.length < largest.length ? [...kept, OTHER] : kept;
  const heights = summed(counts, ({ column }) => column);
  const most = Math.max(1, ...heights.values());
  const columns = shown.map((name) => {
    const own = counts.filter(({ column }) => column === name);
    const byGroup = summed(own, ({ group }) => (kept.includes(group) ? group : OTHER));
    return { name, total: heights.get(name) ?? 0, parts: partsOf(groups, byGroup, most) };
  });
  return { groups, columns, most };
}

/** Every month from one to another, both included. */
export function months(first: string | undefined, last: string | undefined): string[] {
  if (!first || !last) return [];
  const [from, to] = [numberOf(first), numberOf(last)];
  return Array.from({ length: to - from + 1 }, (_, at) => {
    const month = from + at;
    return `${Math.floor(month / 12)}-${`${(month % 12) + 1}`.padStart(2, "0")}`;
  });
}

function numberOf(month: string): number {
  const [year, ofYear] = month.split("-").map(Number);
  return (year ?? 0) * 12 + (ofYear ?? 1) - 1;
}

function summed(counts: readonly Count[], keyOf: (count: Count) => string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const each of counts) sums.set(keyOf(each), (sums.get(keyOf(each)) ?? 0) + each.count);
  return sums;
}

function partsOf(groups: readonly string[], counts: Map<string, number>, most: number): Part[] {
  let below = 0;
  return groups.flatMap((group) => {
    const count = counts.get(group) ?? 0;
    if (!count) return [];
    const from = below / most;
    below += count;
    return [{ group, count, from, to: below / most }];
  });
}
