/** A page of a list, and where the next one begins. */
export interface Page<Item> {
  items: readonly Item[];
  next_cursor: string | null;
}

/** Reads the page of a list after a cursor; without one, the first. */
export type Ask<Item> = (cursor: string | null, signal: AbortSignal) => Promise<Page<Item>>;

/** So many pages of a list from a cursor on, read one after the other, as one page. */
export async function readPages<Item>(
  ask: Ask<Item>,
  after: string | null,
  pages: number,
  signal: AbortSignal,
): Promise<Page<Item>> {
  const items: Item[] = [];
  let cursor = after;
  for (let page = 0; page < pages && (page === 0 || cursor !== null); page += 1) {
    const found = await ask(cursor, signal);
    items.push(...found.items);
    cursor = found.next_cursor;
  }
  return { items, next_cursor: cursor };
}
