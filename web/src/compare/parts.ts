import type { Cell } from "../app/csv.ts";
import type { ComparedPart, ModelComparison } from "../hub/uplift.ts";
import type { Group } from "../plots/interval.ts";

/** The parts of a comparison in their order: the mean, the domains, the benchmarks. */
export function partsOf({
  mean,
  domains,
  benchmarks,
}: ModelComparison): (ComparedPart & { name: string })[] {
  const named = [
    ...(mean ? [{ ...mean, name: "Mean" }] : []),
    ...benchmarks.map((part) => ({ ...part, name: part.title ?? part.benchmark ?? "" })),
    ...domains.map((part) => ({ ...part, name: part.domain ?? "" })),
  ];
  return named.filter(({ models }) => models.some(({ score }) => score));
}

/** The groups of a plot: for each part, a line for each model in its own colour. */
export function groupsOf(parts: ReturnType<typeof partsOf>, models: readonly string[]): Group[] {
  return parts.map(({ name, models: compared }) => ({
    key: name,
    title: name,
    lines: compared.map(({ model, score, difference }) => ({
      key: model,
      label: shortName(model),
      token: `group-${models.indexOf(model) + 1}`,
      words: score ? (difference?.verdict ?? "") : "not measured",
      ...(score ?? {}),
    })),
  }));
}

/** A model's name without its owner's. */
export function shortName(model: string): string {
  return model.slice(model.lastIndexOf("/") + 1);
}

export function tableOf(parts: ReturnType<typeof partsOf>): Cell[][] {
  const rows = parts.flatMap(({ name, models }) =>
    models.map(({ model, score, difference }): Cell[] => [
      name,
      model,
      score?.value,
      score?.low,
      score?.high,
      difference?.difference.value,
      difference?.in_family.low,
      difference?.in_family.high,
      difference?.verdict,
    ]),
  );
  return [
    [
      "of",
      "model",
      "score",
      "low",
      "high",
      "difference to the first",
      "difference low",
      "difference high",
      "verdict",
    ],
    ...rows,
  ];
}
