import { addressWith, oneOf } from "../app/query.ts";

export const SECTIONS = [
  "recipe",
  "versions",
  "results",
  "comments",
  "related",
  "settings",
] as const;
export type Section = (typeof SECTIONS)[number];

/** The version that a recipe was forked from, as one side of a comparison. */
export const ORIGIN = "origin";
export type Side = number | typeof ORIGIN;

/** Everything that the page of a recipe shows beside its name, as its address has it. */
export interface RecipeState {
  /** The number of the version that is shown; the newest, if null. */
  version: number | null;
  show: Section;
  /** The two versions that are compared, the older one first. */
  from: Side | null;
  to: Side | null;
  /** The parameter whose values the picture of the layers shows. */
  parameter: string | null;
  /** The board on which models are looked for. */
  board: string;
}

export const FIRST: Readonly<RecipeState> = {
  version: null,
  show: "recipe",
  from: null,
  to: null,
  parameter: null,
  board: "overall",
};

export function readState(query: URLSearchParams): RecipeState {
  return {
    version: asNumber(query.get("version")),
    show: oneOf(SECTIONS, query.get("show"), FIRST.show),
    from: asSide(query.get("from")),
    to: asSide(query.get("to")),
    parameter: query.get("parameter") || null,
    board: query.get("board") || FIRST.board,
  };
}

export function addressOf(path: string, state: RecipeState): string {
  return addressWith(path, state, FIRST);
}

function asSide(text: string | null): Side | null {
  return text === ORIGIN ? ORIGIN : asNumber(text);
}

/** The number of a version, from 1. */
function asNumber(text: string | null): number | null {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}
