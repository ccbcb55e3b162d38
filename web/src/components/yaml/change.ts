/** What to replace, and by what. */
export interface Change {
  from: number;
  to: number;
  insert: string;
}

/** The smallest single change that makes one text of another, so that a cursor stays in place. */
export function changeBetween(old: string, next: string): Change {
  const most = Math.min(old.length, next.length);
  let head = 0;
  while (head < most && old[head] === next[head]) head += 1;
  let tail = 0;
  while (tail < most - head && old.at(-1 - tail) === next.at(-1 - tail)) tail += 1;
  return { from: head, to: old.length - tail, insert: next.slice(head, next.length - tail) };
}
