import type { FetchResponse, MaybeOptionalInit } from "openapi-fetch";
import type {
  HttpMethod,
  MediaType,
  PathsWithMethod,
  RequiredKeysOf,
} from "openapi-typescript-helpers";
import type * as leaderboard from "./generated/leaderboard.js";
import type * as lineage from "./generated/lineage.js";
import type * as registry from "./generated/registry.js";

/** Every path of the hub, of all services. */
export interface Paths extends registry.paths, lineage.paths, leaderboard.paths {}

/** Every operation by its stable id. */
export interface Operations
  extends registry.operations,
    lineage.operations,
    leaderboard.operations {}

/** Every body by its name, as in `Schemas["Recipe"]`. */
export type Schemas = registry.components["schemas"] &
  lineage.components["schemas"] &
  leaderboard.components["schemas"];

export type Run = Schemas["Run"];
export type Recipe = Schemas["Recipe"];
export type Problem = Schemas["Problem"];
export type Fault = Problem["errors"][number];

type Rest<Init> = RequiredKeysOf<Init> extends never ? [init?: Init] : [init: Init];
type Data<Response> = Response extends { data: infer D } ? D : never;

/** The body in JSON; of an operation without one, the body that it has. */
type Body<O extends Record<string | number, unknown>, Init> = [
  Data<FetchResponse<O, Init, "application/json">>,
] extends [never]
  ? Data<FetchResponse<O, Init, MediaType>>
  : Data<FetchResponse<O, Init, "application/json">>;

/** The body that a method of a path returns. */
export type Answer<M extends HttpMethod, P extends keyof Paths, Init = unknown> =
  Paths[P] extends Record<M, infer O extends Record<string | number, unknown>>
    ? Body<O, Init>
    : never;

/** One HTTP method: typed by the path, it returns the body or throws a `HubProblem`. */
export type Call<M extends HttpMethod> = <
  P extends PathsWithMethod<Paths, M>,
  Init extends MaybeOptionalInit<Paths[P], M & keyof Paths[P]>,
>(
  path: P,
  ...init: Rest<Init>
) => Promise<Answer<M, P, Init>>;

type Page = { items: unknown[]; next_cursor: string | null };

/** The paths of lists that are read page by page. */
export type PagedPath = {
  [P in PathsWithMethod<Paths, "get">]: Answer<"get", P> extends Page ? P : never;
}[PathsWithMethod<Paths, "get">];

/** An item of a list. */
export type Item<P extends PagedPath> =
  Answer<"get", P> extends { items: (infer Each)[] } ? Each : never;

/** The options of a list: filters, the path's parameters, the size of a page. */
export type PagesInit<P extends PagedPath> = Rest<MaybeOptionalInit<Paths[P], "get">>;
