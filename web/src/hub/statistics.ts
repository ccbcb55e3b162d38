import type { Operations, Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

/** What a statistic counts: only some methods, relations, licences, domains, kinds or days. */
export type StatisticsFilter = Pick<
  NonNullable<Operations["list_methods_by_month"]["parameters"]["query"]>,
  "method" | "relation" | "licence" | "domain" | "kind" | "since"
>;

export interface Statistics {
  bases: Schemas["PopularModel"][];
  ingredients: Schemas["PopularModel"][];
  methods: Schemas["MonthCount"][];
  risers: Schemas["Riser"][];
  pairs: Schemas["Pair"][];
}

const LISTED = 12;
const LISTED_OF_OTHERS = 6;

export async function readStatistics(
  filter: StatisticsFilter,
  signal: AbortSignal,
): Promise<Statistics> {
  const { since: _, ...rising } = filter; // what rises is counted in days of its own
  const [limit, first] = [LISTED_OF_OTHERS, LISTED];
  const base = { ...filter, role: "base", limit: first } as const;
  const ingredient = { ...filter, role: "ingredient", limit } as const;
  const [bases, ingredients, methods, risers, pairs] = await Promise.all([
    hub.get("/v1/graph/popular", { params: { query: base }, signal }),
    hub.get("/v1/graph/popular", { params: { query: ingredient }, signal }),
    hub.get("/v1/graph/statistics/methods", { params: { query: filter }, signal }),
    hub.get("/v1/graph/statistics/risers", { params: { query: { ...rising, limit } }, signal }),
    hub.get("/v1/graph/statistics/pairs", { params: { query: { ...filter, limit } }, signal }),
  ]);
  return {
    bases: bases.items.filter(({ count }) => count > 0),
    ingredients: ingredients.items.filter(({ count }) => count > 0),
    methods: methods.items,
    risers: risers.items,
    pairs: pairs.items,
  };
}
