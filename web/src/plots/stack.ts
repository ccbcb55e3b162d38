/** A number of things of a group in a column, such as the merges of a method in a month. */
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

/** Columns of parts one above the other, with at most so many groups. */
export function stacked(counts: readonly Count[], groupsAtMost: number): Stack {
  const totals = summed(counts, ({ group }) => group);
  const largest = [...totals].sort(([, a], [, b]) => b - a).map(([group]) => group);
  const kept = largest.slice(0, largest.length > groupsAtMost ? groupsAtMost - 1 : groupsAtMost);
  const groups = kept.length < largest.length ? [...kept, OTHER] : kept;
  const heights = summed(counts, ({ column }) => column);
  const most = Math.max(1, ...heights.values());
  const columns = [...heights.keys()].sort().map((name) => {
    const own = counts.filter(({ column }) => column === name);
    const byGroup = summed(own, ({ group }) => (kept.includes(group) ? group : OTHER));
    return { name, total: heights.get(name) ?? 0, parts: partsOf(groups, byGroup, most) };
  });
  return { groups, columns, most };
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
