/** Which rows of a long table are drawn: from one to before another, and the room before and after. */
export interface Windowed {
  from: number;
  to: number;
  before: number;
  after: number;
}

const MARGIN = 12; // rows beyond what is seen, so that a quick scroll shows no gap

/** The rows to draw where rows of one height are scrolled by `top` in a view of a height. */
export function windowed(count: number, row: number, top: number, view: number): Windowed {
  const first = Math.floor(top / row) - MARGIN;
  const from = Math.max(0, Math.min(first - (first % 2), count)); // stripes stay where they are
  const to = Math.min(count, Math.ceil((top + view) / row) + MARGIN);
  return { from, to, before: from * row, after: (count - Math.max(from, to)) * row };
}
