import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { HttpMethod } from "openapi-typescript-helpers";
import { remember } from "./etags.js";
import { type FollowOptions, follow } from "./follow.js";
import { KEYED } from "./generated/keyed.js";
import { problemOf } from "./problem.js";
import { type Fetch, patient } from "./retries.js";
import { readToken } from "./token.js";
import type { Call, Item, PagedPath, PagesInit, Paths, Run } from "./types.js";

export interface HubOptions {
  /** The address of the hub, such as `http://127.0.0.1:8000`. */
  url: string;
  /** Needed to write; reading is public on most hubs. */
  token?: string;
  /** How often to send a request at most, if a repetition can do no harm. */
  tries?: number;
  fetch?: Fetch;
}

/** A client for one hub with one token. Throws a `HubProblem` when the hub refuses a request. */
export class Mergehub {
  /** The underlying client: the same calls, which return the response beside the data. */
  readonly http: Client<Paths>;
  readonly get: Call<"get"> = this.#call("get");
  readonly post: Call<"post"> = this.#call("post");
  readonly put: Call<"put"> = this.#call("put");
  readonly patch: Call<"patch"> = this.#call("patch");
  readonly delete: Call<"delete"> = this.#call("delete");

  constructor({ url, token, tries = 4, fetch = (each) => globalThis.fetch(each) }: HubOptions) {
    const headers = token ? { Authorization: `Bearer ${readToken(token)}` } : {};
    this.http = createClient<Paths>({ baseUrl: url, headers, fetch: patient(fetch, tries) });
    this.http.use(MIDDLEWARE);
  }

  /** Yields each change of a run until its end, live. */
  follow(runId: string, options: FollowOptions = {}): AsyncGenerator<Run, void> {
    return follow(this, runId, options);
  }

  /** Yields every item of a list, and fetches pages as needed. */
  async *pages<P extends PagedPath>(path: P, ...[init]: PagesInit<P>): AsyncGenerator<Item<P>> {
    const params: { query?: object } = { ...init?.params };
    const read = this.get as unknown as (path: P, init: object) => Promise<PageOf<P>>;
    let cursor: string | null | undefined;
    do {
      const query = { ...params.query, ...(cursor ? { cursor } : {}) };
      const page = await read(path, { ...init, params: { ...params, query } });
      yield* page.items;
      cursor = page.next_cursor;
    } while (cursor);
  }

  #call<M extends HttpMethod>(method: M): Call<M> {
    const call = async (path: string, init?: object): Promise<unknown> => {
      const request = this.http.request as unknown as Request;
      const { data, response } = await request(method, path, init);
      remember(data, response);
      return data;
    };
    return call as Call<M>;
  }
}

type PageOf<P extends PagedPath> = { items: Item<P>[]; next_cursor: string | null };
type Request = (
  method: HttpMethod,
  path: string,
  init?: object,
) => Promise<{ data?: unknown; response: Response }>;

const MIDDLEWARE: Middleware = {
  onRequest({ request, schemaPath }) {
    const creates = request.method === "POST" && KEYED.has(schemaPath);
    if (creates && !request.headers.has("Idempotency-Key")) {
      request.headers.set("Idempotency-Key", randomKey());
    }
  },
  async onResponse({ response }) {
    if (!response.ok) throw await problemOf(response);
  },
};

/** A random key; not `randomUUID`, which pages over plain HTTP do not have. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
