import type { Schemas } from "@mergehub/client";
import { count } from "../../app/words.ts";

type Difference = Schemas["TensorDifference"];

/** How a tensor differs, in words. */
export function differenceOf({ made, again, elements, largest }: Difference): string {
  if (!made || !again) return `only ${again ? "the merge of now" : "the first merge"} has it`;
  const [before, now] = [made, again].map(({ dtype, shape }) => `${dtype} ${shape.join(" × ")}`);
  if (before !== now) return `${before} when it was made, ${now} now`;
  if (elements === null) return "other values";
  const most = largest === null ? "" : `, by at most ${largest.toPrecision(3)}`;
  return `${count(elements)} elements differ${most}`;
}
