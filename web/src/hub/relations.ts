/** How a model came from another, as the hub knows it. */
export const RELATIONS = [
  "merge",
  "finetune",
  "adapter",
  "quantized",
  "distilled",
  "unknown",
] as const;

export type Relation = (typeof RELATIONS)[number];

export function asRelation(text: string | null | undefined): Relation | null {
  return RELATIONS.find((each) => each === text) ?? null;
}
