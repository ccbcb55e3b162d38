import type { Cell } from "../app/csv.ts";
import { type Canonical, type Entry, mergedIn, partsOf, written } from "./canonical.ts";

/** A model of a recipe: its layers, if not all, and its parameters, if they are the same wherever it is. */
export interface Ingredient {
  id: string;
  model: string;
  base: boolean;
  layers: string;
  parameters: Readonly<Record<string, string>>;
}

const DIFFERS = "by slice";

/** The models of a recipe, the base first, else in their order. */
export function ingredientsOf(recipe: Canonical): Ingredient[] {
  const found = new Map<string, { base: boolean; entries: Entry[] }>();
  const of = (model: string, base: boolean) => {
    const known = found.get(model) ?? { base, entries: [] };
    found.set(model, known);
    return known;
  };
  if (recipe.base_model) of(recipe.base_model, true);
  for (const { entries, base } of mergedIn(recipe)) {
    for (const each of entries) of(each.model, each.model === base).entries.push(each);
  }
  return [...found].map(([model, { base, entries }]) => ({
    id: model,
    model,
    base,
    layers: layersOf(entries),
    parameters: parametersOf(entries),
  }));
}

/** The names of the parameters that models of a recipe have. */
export function parameterNames(ingredients: readonly Ingredient[]): string[] {
  return [...new Set(ingredients.flatMap(({ parameters }) => Object.keys(parameters)))];
}

/** The name under which a hub knows a model; null for a run's model or a folder. */
export function plainName(model: string): string | null {
  const name = model.replace(/[@+].*$/, "");
  return /^[^/:.][^/:]*(\/[^/]+)?$/.test(name) ? name : null;
}

/** The run that made a model, if the recipe names it so. */
export function runOf(model: string): string | null {
  return /^run:([\da-f-]{36})/.exec(model)?.[1] ?? null;
}

/** What is merged, as a table, first its header. */
export function tableOf(ingredients: readonly Ingredient[]): Cell[][] {
  const names = parameterNames(ingredients);
  const rows = ingredients.map(({ model, base, layers, parameters }) => {
    const values = names.map((name) => parameters[name] ?? null);
    return [model, base ? "base" : "ingredient", layers, ...values];
  });
  return [["model", "role", "layers", ...names], ...rows];
}

/** What holds for the whole merge: parameters, types of elements, the tokenizer. */
export function settingsOf(recipe: Canonical): [name: string, value: string][] {
  const { dtype, out_dtype: out, tokenizer, chat_template: chat } = recipe;
  const parts = partsOf(recipe).map(({ content }) => content);
  const around = parts.flatMap(({ parameters, slices }) => [
    parameters,
    ...(slices ?? []).map((slice) => slice.parameters),
  ]);
  const given = new Map<string, Set<string>>();
  for (const parameters of around) {
    for (const [name, setting] of Object.entries(parameters ?? {})) {
      given.set(name, (given.get(name) ?? new Set()).add(written(setting)));
    }
  }
  const facts: [string, unknown][] = [
    ["dtype", dtype],
    ["out_dtype", out === dtype ? undefined : out],
    ["tokenizer", tokenizer?.source],
    ["chat template", chat && (chat === "auto" ? chat : "of its own")],
    ["allow_submatrix", recipe.allow_submatrix],
    ["same_token_ids", recipe.same_token_ids],
  ];
  const said = facts.filter(([, value]) => value !== undefined && value !== false);
  return [
    ...[...given].map(([name, all]): [string, string] => [name, one(all)]),
    ...said.map(([name, value]): [string, string] => [name, written(value)]),
  ];
}

function layersOf(entries: readonly Entry[]): string {
  const ranges = entries.flatMap(({ layer_range: range }) => (range ? [shownLayers(range)] : []));
  return ranges.length ? [...new Set(ranges)].join(", ") : "all";
}

/** Layers from the first to the last: `0–15` for the range `[0, 16]`. */
export function shownLayers([from, to]: readonly [number, number]): string {
  return to - from === 1 ? String(from) : `${from}–${to - 1}`;
}

function parametersOf(entries: readonly Entry[]): Record<string, string> {
  const values = new Map<string, Set<string>>();
  for (const { parameters = {} } of entries) {
    for (const [name, setting] of Object.entries(parameters)) {
      values.set(name, (values.get(name) ?? new Set()).add(written(setting)));
    }
  }
  return Object.fromEntries([...values].map(([name, all]): [string, string] => [name, one(all)]));
}

/** The only value of a parameter. */
function one(values: ReadonlySet<string>): string {
  return values.size === 1 ? [...values].join("") : DIFFERS;
}
