import { pause } from "./pause.js";

/** How to send a request; `globalThis.fetch` by default. */
export type Fetch = (request: Request) => Promise<Response>;

const REPEATABLE = new Set(["GET", "HEAD", "PUT", "DELETE"]);
const LONGEST_WAIT_SECONDS = 60;

/** Sends a request up to `tries` times, if a repetition can do no harm. */
export function patient(send: Fetch, tries: number): Fetch {
  return async (request) => {
    for (let tried = 1; tried < tries; tried += 1) {
      const answer = await attempt(send, request);
      const seconds = secondsToWait(request, answer, tried);
      if (seconds === null) return answer as Response;
      await answer?.body?.cancel();
      await pause(seconds, request.signal);
    }
    return send(request);
  };
}

/** Returns the answer, or null if it was lost and the request may be sent again. */
async function attempt(send: Fetch, request: Request): Promise<Response | null> {
  try {
    return await send(request.clone());
  } catch (error) {
    if (request.signal.aborted || !isRepeatable(request)) throw error;
    return null;
  }
}

function secondsToWait(request: Request, answer: Response | null, tried: number): number | null {
  const asked = answer && retryAfter(answer);
  if (answer && !asksToRepeat(request, answer, asked)) return null;
  const seconds = asked ?? (0.2 + 0.2 * Math.random()) * 2 ** tried;
  return seconds <= LONGEST_WAIT_SECONDS ? seconds : null;
}

function asksToRepeat(request: Request, { status }: Response, asked: number | null): boolean {
  if (status === 429) return true; // refused before it had any effect
  if (status === 503) return isRepeatable(request);
  return status === 409 && asked !== null && isRepeatable(request); // the first request still runs
}

function isRepeatable(request: Request): boolean {
  return REPEATABLE.has(request.method) || request.headers.has("Idempotency-Key");
}

function retryAfter(answer: Response): number | null {
  const asked = answer.headers.get("Retry-After");
  if (asked === null) return null;
  const seconds = Number(asked);
  const wait = Number.isNaN(seconds) ? (Date.parse(asked) - Date.now()) / 1000 : seconds;
  return Number.isNaN(wait) ? null : Math.max(0, wait);
}
