import type { Cell } from "../../app/csv.ts";
import type { Difference } from "../../hub/recipe_lists.ts";
import { written } from "../canonical.ts";
import { shownLayers } from "../ingredients.ts";

type Change = Difference["change"];

/** What a change is called, and the sign in front of it. */
export const CHANGES: Readonly<Record<Change, { sign: string; word: string }>> = {
  added: { sign: "+", word: "added" },
  removed: { sign: "−", word: "removed" },
  changed: { sign: "~", word: "changed" },
  moved: { sign: "↕", word: "moved" },
};

const LONGEST = 160;
const FORMS: Readonly<Record<string, string>> = {
  models: "whole models",
  slices: "slices",
  modules: "modules",
};

/** An older or newer value of a difference, in one line. */
export function shownValue({ what }: Difference, value: unknown): string {
  const text = what === "ingredient" ? ofIngredient(value) : inWords(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** The differences as a table, first its header. */
export function tableOf(differences: readonly Difference[], from: string, to: string): Cell[][] {
  const rows = differences.map((each): Cell[] => [
    CHANGES[each.change].word,
    each.path,
    shownValue(each, each.old),
    shownValue(each, each.new),
  ]);
  return [["change", "what", from, to], ...rows];
}

interface Listed {
  model?: string;
  layer_range?: readonly [number, number];
  parameters?: Readonly<Record<string, unknown>>;
}

/** The layers and parameters of a model, which the words for its place name. */
function ofIngredient(value: unknown): string {
  return isObject(value) ? factsOf(value) || "as it is" : inWords(value);
}

function inWords(value: unknown): string {
  if (typeof value === "string") return FORMS[value] ?? value;
  if (!isObject(value)) return written(value);
  const { slices, sources, models } = value as Record<string, readonly Listed[] | undefined>;
  if (slices) return `${slices.length} slices`;
  const listed = sources ?? models;
  if (!listed) return written("value" in value ? [value] : value);
  return [listed.map(entry).join(" + "), factsOf(value)].filter(Boolean).join(", ");
}

function entry(each: Listed): string {
  const facts = factsOf(each);
  return facts ? `${each.model} (${facts})` : String(each.model);
}

function factsOf({ layer_range: range, parameters = {} }: Listed): string {
  const layers = range ? [`layers ${shownLayers(range)}`] : [];
  const values = Object.entries(parameters).map(([name, value]) => `${name} ${written(value)}`);
  return [...layers, ...values].join(", ");
}

function isObject(value: unknown): value is Listed {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
