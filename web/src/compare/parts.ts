import type { Cell } from "../app/csv.ts";
import { points } from "../app/words.ts";
import type { Difference, ModelComparison } from "../hub/uplift.ts";
import type { Group, Interval } from "../plots/interval.ts";

/** What models are compared on: the mean, a benchmark or a domain; in each, one value for each model. */
export interface Part {
  name: string;
  scores: (Interval | null)[];
  differences: (Difference | null)[];
}

/** The parts in their order, without those of which no model has a score, or that repeat a benchmark. */
export function partsOf({ mean, domains, benchmarks }: ModelComparison): Part[] {
  const parts = [
    { ...mean, name: "Mean" },
    ...benchmarks.map((part) => ({ ...part, name: part.title })),
    ...domains.filter(isWide).map((part) => ({ ...part, name: `Domain: ${part.domain}` })),
  ];
  return parts.filter(({ scores }) => scores.some(Boolean));
}

/** Whether a domain is more than one benchmark: its numbers are its own, and so is its verdict. */
function isWide({ benchmarks }: { benchmarks: readonly string[] }): boolean {
  return benchmarks.length > 1;
}

/** The groups of a plot: for each part, a line for each model in its own colour. */
export function groupsOf(parts: readonly Part[], models: readonly string[]): Group[] {
  return parts.map(({ name, scores, differences }) => ({
    key: name,
    title: name,
    lines: models.map((model, at) => ({
      key: model,
      label: shortName(model),
      token: tokenOfModel(at),
      words: wordsOf(scores[at], differences[at]),
      ...scores[at],
    })),
  }));
}

/** The token of the colour of the first model, the second, … */
export function tokenOfModel(at: number): string {
  return `group-${at + 1}`;
}

function wordsOf(score: Interval | null | undefined, difference?: Difference | null): string {
  if (!score) return "not measured";
  return difference ? `${points(difference.difference.value, true)} ${difference.verdict}` : "";
}

/** A model's name without its owner's. */
export function shortName(model: string): string {
  return model.slice(model.lastIndexOf("/") + 1);
}

export function tableOf(parts: readonly Part[], models: readonly string[]): Cell[][] {
  const head = ["of", "model", "score", "low", "high"];
  const rows = parts.flatMap(({ name, scores, differences }) =>
    models.map((model, at): Cell[] => {
      const [score, compared] = [scores[at], differences[at]];
      return [
        ...[name, model, score?.value, score?.low, score?.high],
        ...[compared?.difference.value, compared?.in_family.low, compared?.in_family.high],
        ...[compared?.p_in_family, compared?.verdict],
      ];
    }),
  );
  return [[...head, "difference to the first", "from", "to", "p", "verdict"], ...rows];
}
