import METHODS from "./methods.json" with { type: "json" };

/** A value of a parameter: for all layers, as a gradient over them, or by filters of tensors. */
export type Value = number | string | boolean | null;
export type Setting = Value | readonly Value[] | readonly Filtered[];
export interface Filtered {
  filter?: string;
  value: Value | readonly Value[];
}
export type Parameters = Readonly<Record<string, Setting>>;

/** A model, or layers of one, from the first to one past the last. */
export interface Entry {
  model: string;
  parameters?: Parameters;
  layer_range?: readonly [number, number];
}

export interface Slice {
  base_model?: string;
  sources: readonly Entry[];
  parameters?: Parameters;
}

/** What is merged: whole models, or slices of them. */
export interface Content {
  models?: readonly Entry[];
  slices?: readonly Slice[];
  parameters?: Parameters;
}

/** A recipe in its canonical form, which has one way to say each thing. */
export interface Canonical extends Content {
  merge_method: string;
  base_model?: string;
  modules?: Readonly<Record<string, Content>>;
  dtype?: string;
  out_dtype?: string;
  tokenizer?: Readonly<Record<string, unknown>>;
  chat_template?: string;
  allow_submatrix?: boolean;
  same_token_ids?: boolean;
}

/** What is merged by itself: a module, or the whole model if there are none. */
export interface Part {
  module: string | null;
  content: Content;
}

export function partsOf(recipe: Canonical): Part[] {
  if (!recipe.modules) return [{ module: null, content: recipe }];
  return Object.entries(recipe.modules).map(([module, content]) => ({ module, content }));
}

/** Every list of models that are merged with one another, with the base of each. */
export function mergedIn(recipe: Canonical): { entries: readonly Entry[]; base: string | null }[] {
  const base = recipe.base_model ?? null;
  return partsOf(recipe).flatMap(({ content: { models, slices } }) =>
    slices
      ? slices.map((each) => ({ entries: each.sources, base: each.base_model ?? base }))
      : [{ entries: models ?? [], base }],
  );
}

interface Method {
  title: string;
  summary: string;
  formula: string;
  /** What the base is to it: that from which task vectors are taken, or one of the models. */
  base: "required" | "optional" | "member" | "none";
}

/** What the hub says of a merge method; null of one that it does not ship. */
export function methodOf(name: string): Method | null {
  const all = METHODS as Readonly<Record<string, Method>>;
  return Object.hasOwn(all, name) ? (all[name] ?? null) : null;
}

/** Whether what is merged is how models differ from a base. */
export function mergesTaskVectors(recipe: Canonical): boolean {
  const role = methodOf(recipe.merge_method)?.base;
  return Boolean(recipe.base_model) && (role === "required" || role === "optional");
}

export function isFiltered(setting: Setting | undefined): setting is readonly Filtered[] {
  return Array.isArray(setting) && typeof setting[0] === "object" && setting[0] !== null;
}

/** A value as people write it: `0.5`, `[0.3, 0.7]`, `mlp: 0.8, other: 0.4`. */
export function written(setting: unknown): string {
  if (setting === undefined || setting === null) return "–";
  if (isFiltered(setting as Setting)) {
    const entries = setting as readonly Filtered[];
    return entries.map(({ filter, value }) => `${filter ?? "other"}: ${written(value)}`).join(", ");
  }
  if (Array.isArray(setting)) return `[${setting.map(written).join(", ")}]`;
  return typeof setting === "object" ? JSON.stringify(setting) : String(setting);
}
