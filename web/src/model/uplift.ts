import type { Cell } from "../app/csv.ts";
import type { Compared, Comparison, Uplift } from "../hub/uplift.ts";
import { type Group, type Line, tokenOf } from "../plots/interval.ts";

/** Whom a model is compared with: each parent, only the best one, or the mean of all ingredients. */
export const AGAINST = ["each", "best", "mean"] as const;
export type Against = (typeof AGAINST)[number];

/** What is compared: a benchmark, a domain, or the mean over several benchmarks. */
interface Part extends Compared {
  key: string;
  label: string;
}

export const MEAN = "Mean";

/** The parts of an uplift in the order of the plot: the mean, if it is one of several, then each benchmark. */
export function byBenchmark({ mean, benchmarks }: Uplift): Part[] {
  const each = benchmarks.map((part) => ({
    ...part,
    key: [part.benchmark, part.version, part.metric, part.shots].join(" "),
    label: part.benchmark,
  }));
  return mean && each.length > 1 ? [{ ...mean, key: MEAN, label: MEAN }, ...each] : each;
}

/** The parts by domain; one of a single benchmark would say the same again. */
export function byDomain({ domains }: Uplift): Part[] {
  const wide = domains.filter(({ over }) => over.length > 1);
  return wide.map((part) => ({ ...part, key: part.domain, label: part.domain }));
}

/** The lines of a forest plot, in points of 100, in a group for each model that is compared with. */
export function groupsOf(parts: readonly Part[], against: Against): Group[] {
  if (against === "mean")
    return [grouped("Mean of the ingredients", parts, (part) => part.parents_mean)];
  if (against === "best") return [grouped("Best ingredient", parts, (part) => part.best_parent)];
  const names = new Set(parts.flatMap(({ parents }) => parents.map(({ model }) => model)));
  return [...names].map((name) =>
    grouped(name, parts, ({ parents }) => parents.find(({ model }) => model === name) ?? null),
  );
}

function grouped(
  title: string,
  parts: readonly Part[],
  of: (part: Part) => Comparison | null,
): Group {
  const lines = parts.flatMap((part) => {
    const comparison = of(part);
    return comparison ? [lineOf(part, comparison)] : [];
  });
  return { key: title, title, lines };
}

const HUNDRED = 100;

function lineOf({ key, label }: Part, { in_family, verdict }: Comparison): Line {
  const { value, low, high } = in_family;
  return {
    key,
    label,
    value: value * HUNDRED,
    low: low && low * HUNDRED,
    high: high && high * HUNDRED,
    words: verdict,
    token: tokenOf(verdict),
  };
}

/** How a comparison was made, in words. */
export function howOf({ method, items }: Pick<Comparison, "method" | "items">): string {
  const words = {
    mcnemar: "McNemar's exact test",
    "paired-bootstrap": "paired bootstrap",
    unpaired: "two independent scores",
  };
  return items ? `${words[method]} on ${items} items` : words[method];
}

/** All comparisons as a table. */
export function tableOf(parts: readonly Part[]): Cell[][] {
  const rows = parts.flatMap(({ label, parents }) =>
    parents.map((each): Cell[] => [
      label,
      each.model,
      each.roles.join(" "),
      each.score.value,
      each.difference.value,
      each.in_family.low,
      each.in_family.high,
      each.p_in_family,
      each.verdict,
      howOf(each),
    ]),
  );
  return [
    ["of", "parent", "roles", "parent's score", "difference", "low", "high", "p", "verdict", "how"],
    ...rows,
  ];
}
