import type { Statistics } from "../../hub/statistics.ts";
import type { Count } from "../../plots/stack.ts";
import type { MapState } from "../state.ts";

/** What statistics count: merges, unless relations or kinds are chosen. */
export function unitOf({ relation, kind }: Pick<MapState, "relation" | "kind">): "merge" | "model" {
  const merges = relation.length ? relation.every((each) => each === "merge") : !kind.length;
  return merges ? "merge" : "model";
}

/** Merges by month and method; those of no known month are left out of the columns. */
export function byMonth(methods: Statistics["methods"]): Count[] {
  return methods.flatMap(({ month, method, count }) =>
    month === null ? [] : [{ column: month, group: method ?? "unknown method", count }],
  );
}

/** How many models have no known date. */
export function undated(methods: Statistics["methods"]): number {
  return methods.reduce((sum, { month, count }) => (month === null ? sum + count : sum), 0);
}
