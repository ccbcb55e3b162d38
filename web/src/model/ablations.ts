import type { Cell } from "../app/csv.ts";
import type { Ablation } from "../hub/uplift.ts";
import { type Group, tokenOf } from "../plots/interval.ts";
import { howOf } from "./uplift.ts";

const HUNDRED = 100;

/** What an ingredient of a merge adds on a benchmark: the score of the whole minus that without it. */
interface Added {
  without: string;
  how: string;
  result: Ablation["candidates"][number]["results"][number];
}

function addedOf({ candidates }: Ablation): Added[] {
  return candidates.flatMap(({ without, how, results }) =>
    without === null ? [] : results.map((result) => ({ without, how, result })),
  );
}

/** A group for each benchmark, with a line for each ingredient, in points of 100. */
export function groupsOf(ablation: Ablation): Group[] {
  const added = addedOf(ablation);
  const benchmarks = new Set(added.map(({ result }) => result.benchmark));
  return [...benchmarks].map((name) => ({
    key: name,
    title: name,
    lines: added.filter(({ result }) => result.benchmark === name).map(lineOf),
  }));
}

function lineOf({ without, result: { gain } }: Added): Group["lines"][number] {
  const line = { key: without, label: without };
  if (!gain) return { ...line, words: "not comparable", token: tokenOf("no clear difference") };
  const { value, low, high } = gain.in_family;
  return {
    ...line,
    value: value * HUNDRED,
    low: low * HUNDRED,
    high: high * HUNDRED,
    words: gain.verdict,
    token: tokenOf(gain.verdict),
  };
}

/** What became of the other ingredients' weights: for each way, the ingredients left out in it. */
export function waysOf({ candidates }: Ablation): { how: string; without: string[] }[] {
  const ways = new Map<string, string[]>();
  for (const { without, how } of candidates)
    if (without !== null) ways.set(plain(how), [...(ways.get(plain(how)) ?? []), without]);
  return [...ways].map(([how, without]) => ({ how, without }));
}

/** A sentence of the worker without the marks of code in it. */
function plain(sentence: string): string {
  return sentence.replaceAll("`", "");
}

/** All numbers as a table, in points of 100. */
export function tableOf(ablation: Ablation): Cell[][] {
  const rows = addedOf(ablation).map(({ without, how, result }): Cell[] => {
    const { benchmark, score, gain } = result;
    const values = [score.value, gain?.difference.value, gain?.in_family.low, gain?.in_family.high];
    const points = values.map((value) => (value === undefined ? value : value * HUNDRED));
    const judged = [gain?.p_in_family, gain?.verdict, gain ? howOf(gain) : null];
    return [benchmark, without, ...points, ...judged, how];
  });
  const head = ["benchmark", "ingredient", "score without it", "adds", "low", "high", "p"];
  return [[...head, "verdict", "how compared", "how left out"], ...rows];
}
