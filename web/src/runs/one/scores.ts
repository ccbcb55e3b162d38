import type { Schemas } from "@mergehub/client";
import type { Cell } from "../../app/csv.ts";
import type { Run } from "../../hub/runs.ts";

export type Scored = Schemas["BenchmarkResult"];

/** The scores of one model that a run evaluated: of an ablation, one candidate's. */
export interface Candidate {
  /** What was evaluated, for people. */
  title: string;
  /** What became of the others' weights, in an ablation. */
  how: string;
  results: readonly Scored[];
  /** What follows a benchmark's name where the run keeps its items. */
  suffix: string;
}

/** What an evaluation or ablation scored. */
export function candidatesOf({ spec, result }: Run): Candidate[] {
  if (spec.kind === "ablate") {
    const { candidates } = result as unknown as Schemas["AblateResult"];
    return candidates.map(({ without, how, results }, at) => ({
      title: without === null ? "The whole merge" : `Without ${without}`,
      how: without === null ? "" : how,
      results,
      suffix: at ? `~${at}` : "",
    }));
  }
  const { results } = result as unknown as Schemas["EvaluateResult"];
  return [{ title: spec.model_name, how: "", results, suffix: "" }];
}

const SCORE = new Intl.NumberFormat("en", { maximumFractionDigits: 4 });

/** A score with its error, as in `0.625 ± 0.0125`. */
export function scoreOf({ value, stderr }: Scored): string {
  return `${SCORE.format(value)} ± ${SCORE.format(stderr)}`;
}

/** Item scores as rows of a table, the header first. */
export function rowsOf(items: Readonly<Record<string, number>>): Cell[][] {
  return [["item", "score"], ...Object.entries(items)];
}

/** How many items have each score, the highest first. */
export function countsOf(
  items: Readonly<Record<string, number>>,
): [score: number, count: number][] {
  const counts = new Map<number, number>();
  for (const score of Object.values(items)) counts.set(score, (counts.get(score) ?? 0) + 1);
  return [...counts].sort(([one], [other]) => other - one);
}
