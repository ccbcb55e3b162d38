import type { Fault, Problem } from "./types.js";

/** The hub refused a request, with problem details (RFC 9457). */
export class HubProblem extends Error {
  override readonly name = "HubProblem";
  readonly status: number;
  /** Stable, so that programs can rely on it. `type` is the address of a page that explains it. */
  readonly code: string;
  readonly type: string;
  readonly title: string;
  /** Each fault in the request, with a JSON pointer to it. */
  readonly errors: readonly Fault[];
  /** The id of the request, for the hub's operator. */
  readonly requestId: string | null;

  constructor(problem: Problem, requestId: string | null = null) {
    super(problem.detail);
    this.status = problem.status;
    this.code = problem.code;
    this.type = problem.type;
    this.title = problem.title;
    this.errors = problem.errors;
    this.requestId = requestId;
  }
}

/** The problem of an answer, which may also come from a proxy in front of the hub. */
export async function problemOf(response: Response): Promise<HubProblem> {
  const told: unknown = await response.json().catch(() => null);
  const problem = isProblem(told) ? told : unexplained(response);
  return new HubProblem(problem, response.headers.get("X-Request-ID"));
}

function isProblem(told: unknown): told is Problem {
  return typeof told === "object" && told !== null && "code" in told && "errors" in told;
}

function unexplained({ status, statusText, url }: Response): Problem {
  const title = statusText || `HTTP ${status}`;
  const code = status === 304 ? "not-modified" : "http-error";
  const detail = status === 304 ? title : noHub(status, url);
  return { type: "about:blank", title, status, code, detail, errors: [] };
}

function noHub(status: number, url: string): string {
  const where = url ? ` at ${new URL(url).origin}` : "";
  return `The server${where} does not look like a Mergehub: it returned ${status} without problem details.`;
}
