const AGAIN_MS = 2_000;
const GATEWAY = new Set([502, 503, 504]); // of a gateway whose hub is away

/** Whether the hub answers. While it does not, it is asked again and again. */
class Connection {
  lost = $state(false);
  /** How many times the hub has come back. */
  returns = $state(0);
  #waiting: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    addEventListener("offline", () => this.missed());
    addEventListener("online", () => this.#look());
  }

  heard(): void {
    if (this.lost) this.returns += 1;
    this.lost = false;
    clearTimeout(this.#waiting);
  }

  missed(): void {
    this.lost = true;
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#look(), AGAIN_MS);
  }

  #look(): void {
    if (this.lost) fetchNoting(new Request("/v1/accounts/hub")).catch(() => undefined);
  }
}

export const connection = new Connection();

/** `fetch`, which also notes whether the hub has answered. */
export async function fetchNoting(request: Request): Promise<Response> {
  try {
    const answer = await fetch(request);
    if (isOfGateway(answer)) connection.missed();
    else connection.heard();
    return answer;
  } catch (error) {
    if (!request.signal.aborted) connection.missed();
    throw error;
  }
}

/** Whether something before the hub answered in its place: the hub itself sends problem details. */
function isOfGateway({ status, headers }: Response): boolean {
  return GATEWAY.has(status) && !headers.get("Content-Type")?.includes("json");
}
