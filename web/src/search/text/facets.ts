import { short } from "../../app/words.ts";
import type { FacetValue, RecipeFacets } from "../../hub/searching.ts";
import { type Piece, piecesOf, without, written } from "./pieces.ts";

/**
 * What a second value of a field means: `any` of them, as a recipe has one base; `all`, as it has
 * many tags; or `one`, as a range takes the place of another.
 */
type Meaning = "any" | "all" | "one";

interface Facet {
  legend: string;
  meaning: Meaning;
}

/** What a search can be narrowed by, in the order of the page. */
export const FACETS = {
  method: { legend: "Method", meaning: "any" },
  base: { legend: "Base", meaning: "any" },
  ingredient: { legend: "Ingredient", meaning: "all" },
  tag: { legend: "Tag", meaning: "all" },
  domain: { legend: "Domain", meaning: "all" },
  licence: { legend: "Licence", meaning: "any" },
  size: { legend: "Size", meaning: "one" },
  ingredients: { legend: "Models merged", meaning: "one" },
  uplift: { legend: "Uplift", meaning: "one" },
  reproduced: { legend: "Reproduced", meaning: "one" },
  owner: { legend: "Owner", meaning: "any" },
  shape: { legend: "Built of", meaning: "any" },
} satisfies Record<string, Facet>;

export type FacetName = keyof typeof FACETS;
export const FACET_NAMES = Object.keys(FACETS) as FacetName[];

const meaningOf = (field: FacetName): Meaning => FACETS[field].meaning;

function ofField(text: string, field: FacetName): Piece[] {
  return piecesOf(text).filter((each) => each.field === field && !each.negated);
}

/** The values of a field that a search asks for. */
export function chosenOf(text: string, field: FacetName): string[] {
  return ofField(text, field).flatMap((piece) => {
    if (meaningOf(field) !== "one") return piece.values.map((value) => value.text);
    const condition = text.slice(piece.from + field.length, piece.to);
    return [condition.startsWith(":") ? condition.slice(1) : condition];
  });
}

/** The search with a value of a field, or without it if it has that. */
export function toggled(text: string, field: FacetName, value: string): string {
  const pieces = ofField(text, field);
  const isChosen = chosenOf(text, field).includes(value);
  if (meaningOf(field) === "one") {
    const rest = withoutAll(text, pieces);
    return isChosen ? rest : joined(rest, `${field}${/^[<>]/.test(value) ? "" : ":"}${value}`);
  }
  if (isChosen) return withoutValue(text, pieces, value);
  const [first] = pieces;
  if (meaningOf(field) === "all" || !first) return joined(text, `${field}:${written(value)}`);
  return `${text.slice(0, first.to)},${written(value)}${text.slice(first.to)}`.trim();
}

function withoutValue(text: string, pieces: readonly Piece[], value: string): string {
  let left = text;
  for (const piece of [...pieces].reverse()) {
    const others = piece.values.filter((each) => each.text !== value);
    if (others.length === piece.values.length) continue;
    const rest = others.map((each) => text.slice(each.from, each.to)).join(",");
    left = rest
      ? `${left.slice(0, piece.from)}${piece.field}:${rest}${left.slice(piece.to)}`
      : without(left, piece);
  }
  return left.trim();
}

function withoutAll(text: string, pieces: readonly Piece[]): string {
  return [...pieces]
    .reverse()
    .reduce((left, piece) => without(left, piece), text)
    .trim();
}

const joined = (text: string, condition: string): string => `${text.trim()} ${condition}`.trim();

/**
 * The searches whose counts are shown: the search itself; and for each field with a choice of one
 * value or another, the search without that choice, as otherwise no other value would be left.
 */
export function askedOf(text: string): Map<FacetName | null, string> {
  const asked = new Map<FacetName | null, string>([[null, text]]);
  for (const field of FACET_NAMES) {
    const pieces = ofField(text, field);
    if (pieces.length && meaningOf(field) !== "all") asked.set(field, withoutAll(text, pieces));
  }
  return asked;
}

export type Counts = Record<string, FacetValue[]>;

/** The counts of all fields, from the answers to what was asked for. */
export function countsOf(answers: ReadonlyMap<FacetName | null, RecipeFacets>): Counts {
  const counts: Counts = { ...answers.get(null)?.facets };
  for (const [field, { facets }] of answers) if (field) counts[field] = facets[field] ?? [];
  return counts;
}

export interface Option {
  value: string;
  label: string;
  count: number | null;
}

/** What one can choose of a field: what is counted, and what is chosen although nothing has it. */
export function optionsOf(counts: Counts | null, field: FacetName, text: string): Option[] {
  const found = (counts?.[field] ?? []).map(({ value, count }) => ({ value, count }));
  const known = new Set(found.map(({ value }) => value));
  const others = chosenOf(text, field).filter((value) => !known.has(value));
  return [
    ...found.map(({ value, count }) => ({ value, count, label: labelOf(field, value) })),
    ...others.map((value) => ({ value, count: null, label: labelOf(field, value) })),
  ];
}

const SAID: Readonly<Partial<Record<FacetName, Record<string, string>>>> = {
  uplift: { ">0": "gains", "<=0": "no gain" },
  shape: { models: "whole models", slices: "slices of layers", modules: "modules" },
};

/** A value in words for people. */
export function labelOf(field: FacetName, value: string): string {
  const said = SAID[field]?.[value];
  if (said || meaningOf(field) !== "one") return said ?? value;
  const [low, high] = value.split("..");
  if (high === undefined) return value;
  if (!low) return `${high.startsWith("<") ? "under" : "up to"} ${amount(high)}`;
  return high ? `${amount(low)} to ${amount(high)}` : `${amount(low)} or more`;
}

const UNITS: Readonly<Record<string, number>> = { m: 1e6, b: 1e9, t: 1e12 };

function amount(text: string): string {
  const bare = text.replace(/^[<>]/, "");
  const unit = UNITS[bare.slice(-1)];
  return unit ? short(Number.parseFloat(bare) * unit) : bare;
}
