import type { Cell } from "../../app/csv.ts";
import {
  type Canonical,
  type Entry,
  isFiltered,
  mergedIn,
  mergesTaskVectors,
  type Parameters,
  type Part,
  partsOf,
  type Setting,
  written,
} from "../canonical.ts";
import { shownLayers } from "../ingredients.ts";

/** A part of a lane: layers of the merged model that are made of layers of the lane's model. */
export interface Block {
  from: number;
  to: number;
  /** The model's own layers; null for all of them. */
  layers: readonly [number, number] | null;
  /** The value over these layers: one, or a gradient of several; null if it has none. */
  values: readonly number[] | null;
  words: string;
}

/** The blocks for the tensors of a filter; for all tensors, if it is null. */
export interface Band {
  filter: string | null;
  blocks: Block[];
}

/** A model, and what of it goes where. */
export interface Lane {
  key: string;
  model: string;
  role: "base" | "ingredient";
  bands: Band[];
}

/** What is merged by itself, from its first layer (0) to its last. */
export interface Stack {
  module: string | null;
  /** How many layers it has; null if it has those of its models. */
  layers: number | null;
  lanes: Lane[];
}

export const OTHER = "other tensors";
const SHARE = "t"; // the only parameter of a whole merge that says how much of each model there is

/** The parameters of models whose values are numbers, that of their shares first. */
export function drawable(recipe: Canonical): string[] {
  const names = new Set<string>(hasShare(recipe) ? [SHARE] : []);
  for (const { entries } of mergedIn(recipe)) {
    for (const { parameters = {} } of entries) {
      for (const [name, each] of Object.entries(parameters)) if (isNumeric(each)) names.add(name);
    }
  }
  return [...names].sort((a, b) => Number(b === "weight") - Number(a === "weight"));
}

/** What a recipe takes from which model, with the values of a parameter. */
export function stacksOf(recipe: Canonical, parameter: string | null): Stack[] {
  return partsOf(recipe).map((part) =>
    part.content.slices ? slicesOf(recipe, part, parameter) : wholeOf(recipe, part, parameter),
  );
}

/** The least and the greatest value that is drawn, and zero. */
export function spanOf(stacks: readonly Stack[]): [number, number] {
  const blocks = stacks
    .flatMap(({ lanes }) => lanes.flatMap(({ bands }) => bands))
    .flatMap(({ blocks: each }) => each);
  const values = blocks.flatMap((each) => each.values ?? []);
  const span: [number, number] = [Math.min(0, ...values), Math.max(0, ...values)];
  return span[0] === span[1] ? [0, 1] : span;
}

/** What is drawn, as a table, first its header. */
export function tableOf(stacks: readonly Stack[], parameter: string | null): Cell[][] {
  const rows = stacks.flatMap(({ module, layers, lanes }) =>
    lanes.flatMap(({ model, role, bands }) =>
      bands.flatMap(({ filter, blocks }) =>
        blocks.map((each): Cell[] => [
          module,
          layers === null ? "all" : shownLayers([each.from, each.to]),
          model,
          role,
          each.layers ? shownLayers(each.layers) : "all",
          filter,
          each.values ? each.words : null,
        ]),
      ),
    ),
  );
  const head = ["module", "merged layers", "model", "role", "its layers", "tensors"];
  return [[...head, parameter ?? "value"], ...rows];
}

function wholeOf(recipe: Canonical, { module, content }: Part, parameter: string | null): Stack {
  const lanes = new Lanes();
  const base = recipe.base_model ?? null;
  const entries = content.models ?? [];
  if (mergesTaskVectors(recipe) && base) lanes.add(base, "base", { from: 0, to: 1 }, undefined);
  for (const entry of entries) {
    const setting = settingOf(recipe, entry, entries, content.parameters, parameter);
    lanes.add(entry.model, "ingredient", { from: 0, to: 1 }, setting);
  }
  return { module, layers: null, lanes: lanes.all };
}

function slicesOf(recipe: Canonical, { module, content }: Part, parameter: string | null): Stack {
  const lanes = new Lanes();
  let from = 0;
  for (const slice of content.slices ?? []) {
    const base = slice.base_model ?? recipe.base_model ?? null;
    const to = from + Math.max(1, ...slice.sources.map(lengthOf));
    lanes.begin();
    for (const entry of slice.sources) {
      const setting = settingOf(recipe, entry, slice.sources, slice.parameters, parameter);
      const role = mergesTaskVectors(recipe) && entry.model === base ? "base" : "ingredient";
      lanes.add(entry.model, role, { from, to, layers: entry.layer_range }, setting);
    }
    from = to;
  }
  return { module, layers: from, lanes: lanes.all };
}

interface Where {
  from: number;
  to: number;
  layers?: readonly [number, number] | undefined;
}

/** The lanes of a stack: one for each model, and another one where a slice has it twice. */
class Lanes {
  readonly #lanes = new Map<string, Lane>();
  #taken = new Set<string>();

  get all(): Lane[] {
    const lanes = [...this.#lanes.values()];
    return lanes.sort((a, b) => Number(b.role === "base") - Number(a.role === "base"));
  }

  /** Begins another slice. */
  begin(): void {
    this.#taken = new Set();
  }

  add(model: string, role: Lane["role"], where: Where, setting: Setting | undefined): void {
    let key = model;
    for (let again = 2; this.#taken.has(key); again += 1) key = `${model} (${again})`;
    this.#taken.add(key);
    const lane = this.#lanes.get(key) ?? { key, model, role, bands: [] };
    this.#lanes.set(key, lane);
    for (const [filter, value] of bandsOf(setting)) {
      const band = lane.bands.find((each) => each.filter === filter) ?? { filter, blocks: [] };
      if (!band.blocks.length) lane.bands.push(band);
      const { from, to, layers = null } = where;
      band.blocks.push({ from, to, layers, values: numbersOf(value), words: written(value) });
    }
  }
}

/** A value for each filter of its tensors. */
function bandsOf(setting: Setting | undefined): [string | null, Setting | undefined][] {
  if (!isFiltered(setting)) return [[null, setting]];
  return setting.map(({ filter, value }) => [filter ?? OTHER, value]);
}

function numbersOf(setting: Setting | undefined): number[] | null {
  const values = (Array.isArray(setting) ? setting : [setting]) as unknown[];
  return values.every((each) => typeof each === "number") ? (values as number[]) : null;
}

function isNumeric(setting: Setting): boolean {
  return bandsOf(setting).every(([, value]) => numbersOf(value) !== null);
}

function lengthOf({ layer_range: range }: Entry): number {
  return range ? range[1] - range[0] : 1;
}

/** Whether a parameter of the merge says how much of each of two models there is. */
function hasShare(recipe: Canonical): boolean {
  return recipe.merge_method === "slerp";
}

function settingOf(
  recipe: Canonical,
  entry: Entry,
  entries: readonly Entry[],
  around: Parameters | undefined,
  parameter: string | null,
): Setting | undefined {
  if (parameter === null) return undefined;
  if (parameter !== SHARE || !hasShare(recipe)) return entry.parameters?.[parameter];
  const share = around?.[SHARE];
  const first = entries.find(({ model }) => model === recipe.base_model) ?? entries[0];
  return entry === first ? theRest(share) : share;
}

/** What a share leaves of one whole, also of a gradient and by filters. */
function theRest(setting: Setting | undefined): Setting | undefined {
  if (isFiltered(setting)) {
    return setting.map((each) => ({ ...each, value: theRest(each.value) as number }));
  }
  if (Array.isArray(setting)) return setting.map((each) => theRest(each as number) as number);
  return typeof setting === "number" ? Number((1 - setting).toPrecision(6)) : setting;
}
