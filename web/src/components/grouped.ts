/** Things under their headings, each with its place among all, in the order in which they came. */
export function grouped<Item extends { group?: string }>(
  items: readonly Item[],
): [group: string, items: [place: number, item: Item][]][] {
  const groups = new Map<string, [number, Item][]>();
  for (const [place, item] of items.entries()) {
    const { group = "" } = item;
    groups.set(group, [...(groups.get(group) ?? []), [place, item]]);
  }
  return [...groups];
}
