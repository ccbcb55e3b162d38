import { appearanceOf } from "../../look.ts";

interface Edge {
  relation: string;
  role: string;
  method: string | null;
  weight: number | null;
}

/** How a model was made from a parent: the relation, the method and the weight, if known. */
export function howOf({ relation, role, method, weight }: Edge): string {
  const base = relation === "merge" && role === "base" ? "base of the merge" : null;
  const known = [
    base ?? appearanceOf(relation).label,
    method,
    weight === null ? null : `weight ${Number(weight.toFixed(3))}`,
  ];
  return known.filter(Boolean).join(" · ");
}
