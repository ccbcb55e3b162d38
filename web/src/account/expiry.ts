const DAY_SECONDS = 86_400;

/** How long a token may last, in days, as one chooses it. */
const LASTING = { 1: "a day", 7: "a week", 30: "30 days", 90: "90 days", 365: "a year" };

export interface Choice {
  /** In how many seconds the token expires; null as its creator does, or never. */
  seconds: number | null;
  label: string;
}

/**
 * The ends that a new token may have: none after that of the token that makes it, `until`.
 * A session is short, but its tokens may outlast it: its `until` is null.
 */
export function choicesOf(until: string | null, now: number): Choice[] {
  const left = until === null ? Number.POSITIVE_INFINITY : (Date.parse(until) - now) / 1000;
  const ends = Object.entries(LASTING)
    .map(([days, label]) => ({ seconds: Number(days) * DAY_SECONDS, label: `in ${label}` }))
    .filter(({ seconds }) => seconds < left);
  const last = until === null ? "never" : "when the token expires that you use now";
  return [...ends, { seconds: null, label: last }];
}

const SOON_MS = 7 * DAY_SECONDS * 1000;

/** What is to be said of when a token expires, beside the time; nothing if it is long until then. */
export function remarkOf(expires: string | null, now: number): "expired" | "soon" | null {
  if (expires === null) return null;
  const left = Date.parse(expires) - now;
  if (left <= 0) return "expired";
  return left < SOON_MS ? "soon" : null;
}
