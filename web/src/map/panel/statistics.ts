import type { Statistics, StatisticsFilter } from "../../hub/statistics.ts";
import type { Count } from "../../plots/stack.ts";
import type { MapState } from "../state.ts";

/** What the statistics beside a map count: the same edges as the map shows. */
export function filterOf({ method, relation, domain, since }: MapState): StatisticsFilter {
  return {
    ...(method.length && { method }),
    ...(relation.length && { relation }),
    ...(domain[0] && { domain: domain[0] }),
    ...(since && { since }),
  };
}

/** Merges by month and method; those of no known month are left out of the columns. */
export function byMonth(methods: Statistics["methods"]): Count[] {
  return methods.flatMap(({ month, method, count }) =>
    month === null ? [] : [{ column: month, group: method ?? "unknown method", count }],
  );
}
