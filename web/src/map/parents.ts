import type { Parent } from "../hub/inheritance.ts";
import { appearanceOf } from "./look.ts";

/** How a model was made from a parent: the relation, the method and the weight, if known. */
export function howOf({ relation, role, method, weight }: Parent): string {
  const base = relation === "merge" && role === "base" ? "base of the merge" : null;
  const known = [
    base ?? appearanceOf(relation).label,
    method,
    weight === null ? null : `weight ${Number(weight.toFixed(3))}`,
  ];
  return known.filter(Boolean).join(" · ");
}
