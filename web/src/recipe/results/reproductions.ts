import { many } from "../../app/words.ts";
import type { Reproduction } from "../../hub/recipe_lists.ts";

/** What computed a model, as in `Mergehub 0.1.0 on cpu, x86_64`. */
export function settingWords({
  engine_version: engine,
  device,
  machine,
}: Reproduction["again"]): string {
  const on = [device, machine?.processor ?? machine?.architecture].filter(Boolean).join(", ");
  return `engine ${engine}${on ? ` on ${on}` : ""}`;
}

/** How a tensor differs, as in `12 elements differ, by at most 0.0078`. */
export function differenceWords({
  made,
  again,
  elements,
  largest,
}: Pick<Reproduction["differences"][number], "made" | "again" | "elements" | "largest">): string {
  if (!made) return "only in the second merge";
  if (!again) return "only in the first merge";
  const shapes = [made, again].map(({ dtype, shape }) => `${dtype} [${shape.join(", ")}]`);
  if (shapes[0] !== shapes[1]) return `${shapes[0]}, then ${shapes[1]}`;
  if (elements === null) return "other bytes; by how much is not known";
  const by = largest === null ? "" : `, by at most ${Number(largest.toPrecision(3))}`;
  return `${many(elements, "element differs", "elements differ")}${by}`;
}
