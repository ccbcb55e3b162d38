/** The first items of a list, and whether the hub has more. */
export interface Listed<Item> {
  items: Item[];
  more: boolean;
}

type Page<Item> = { items: Item[]; next_cursor: string | null };

/** The first so many pages of a list, read one after the other. */
export async function firstPages<Item>(
  pages: number,
  read: (cursor: { cursor?: string }) => Promise<Page<Item>>,
): Promise<Listed<Item>> {
  const items: Item[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < pages && (page === 0 || cursor); page += 1) {
    const found: Page<Item> = await read(cursor ? { cursor } : {});
    items.push(...found.items);
    cursor = found.next_cursor;
  }
  return { items, more: cursor !== null };
}
