import type { Comment } from "../../hub/comments.ts";

/** A comment, and the answers to it, the oldest first. */
export interface Thread {
  first: Comment;
  answers: Comment[];
}

/** Comments as threads, in the order of their first comments; each comment once. */
export function threadsOf(comments: readonly Comment[]): Thread[] {
  const threads = new Map<number, Thread>();
  const numbered = [...new Map(comments.map((each) => [each.number, each])).values()];
  for (const each of numbered.sort((a, b) => a.number - b.number)) {
    if (each.parent === null) threads.set(each.number, { first: each, answers: [] });
    else threads.get(each.parent)?.answers.push(each);
  }
  return [...threads.values()];
}

/** The comments after one was added or changed. */
export function withComment(comments: readonly Comment[], changed: Comment): Comment[] {
  return [...comments.filter(({ number }) => number !== changed.number), changed];
}

/** The comments after one was removed; while it has answers, an empty one stays in its place. */
export function withoutComment(
  comments: readonly Comment[],
  removed: Comment,
  by: "author" | "moderator",
): Comment[] {
  const answered = comments.some(({ parent }) => parent === removed.number);
  const emptied = { ...removed, author: null, text: null, edited_at: null, removed_by: by };
  const left = comments.filter(({ number }) => number !== removed.number);
  if (answered) return [...left, emptied];
  return left.filter((each) => !isEmptyThread(each, left));
}

/** Whether a comment was removed and has no answers any more. */
function isEmptyThread({ number, removed_by: by }: Comment, all: readonly Comment[]): boolean {
  return by !== null && !all.some(({ parent }) => parent === number);
}
