import type { GraphQuery } from "../hub/graph/reading.ts";
import { asRelation, RELATIONS, type Relation } from "../hub/relations.ts";
import { asSeen } from "./seen.ts";

export const VIEWS = ["map", "list"] as const;
export const COLOURS = ["kind", "family", "method", "score", "uplift"] as const;
export type Colour = (typeof COLOURS)[number];
export const LIMITS = [2_000, 10_000, 50_000] as const;
export const KINDS_OF_MODELS = ["original", ...RELATIONS] as const;
export type Kind = (typeof KINDS_OF_MODELS)[number];
export const DIRECTIONS = ["both", "ancestors", "descendants"] as const;

/** Everything that the page of the map shows, as its address has it. Models are named by id. */
export interface MapState {
  focus: string | null;
  /** The model that the panel is about. */
  model: string | null;
  /** The other end of a path from `model`. */
  to: string | null;
  /** The models between the two, if it is a path that was chosen, and not the shortest one. */
  via: string[];
  direction: (typeof DIRECTIONS)[number];
  depth: number;
  relation: Relation[];
  method: string[];
  licence: string[];
  domain: string[];
  /** The kinds of models that are shown; all, if empty. */
  kind: Kind[];
  /** The models whose neighbours are shown although they are further away than `depth`. */
  open: string[];
  /** The relation of the children that the panel lists; all, if null. */
  siblings: Relation | null;
  since: string | null;
  colour: Colour;
  /** Models of less importance than this, in percent, are hidden. */
  least: number;
  view: (typeof VIEWS)[number];
  /** How many models are shown at most, the most important ones. */
  limit: (typeof LIMITS)[number];
  /** The part of the map that is seen (`seen.ts`); all of it, if null. */
  seen: string | null;
}

const LISTS = ["method", "licence", "domain", "open", "via"] as const;
const TEXTS = ["focus", "model", "to"] as const;
const DEEPEST = 8;
/** Of a model's children with one relation so many are shown; the others are counted. */
export const SHOWN_SIBLINGS = 5;

export const FIRST: Readonly<MapState> = {
  focus: null,
  model: null,
  to: null,
  via: [],
  direction: "both",
  depth: 2,
  relation: [],
  method: [],
  licence: [],
  domain: [],
  kind: [],
  open: [],
  siblings: null,
  since: null,
  colour: "kind",
  least: 0,
  view: "map",
  limit: 2_000,
  seen: null,
};

/** The state that an address has; what it does not say or says wrongly is as at first. */
export function readState(query: URLSearchParams): MapState {
  const state: MapState = { ...FIRST };
  for (const key of TEXTS) state[key] = query.get(key) || null;
  for (const key of LISTS) state[key] = query.getAll(key).filter(Boolean);
  state.relation = query.getAll("relation").flatMap((each) => asRelation(each) ?? []);
  state.kind = query.getAll("kind").flatMap((each) => asKind(each) ?? []);
  state.siblings = asRelation(query.get("siblings"));
  state.since = asDay(query.get("since"));
  state.seen = asSeen(query.get("seen"));
  state.direction = oneOf(DIRECTIONS, query.get("direction"), FIRST.direction);
  state.colour = oneOf(COLOURS, query.get("colour"), FIRST.colour);
  state.view = oneOf(VIEWS, query.get("view"), FIRST.view);
  state.limit = LIMITS.find((each) => String(each) === query.get("limit")) ?? FIRST.limit;
  state.depth = whole(query.get("depth"), 1, DEEPEST, FIRST.depth);
  state.least = whole(query.get("least"), 0, 100, FIRST.least);
  return state;
}

/** The address of a state, without what is as at first. */
export function addressOf(state: MapState): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(state)) {
    const first = FIRST[key as keyof MapState];
    if (Array.isArray(value)) for (const each of value) query.append(key, each);
    else if (value !== null && value !== first) query.set(key, String(value));
  }
  return query.size ? `/map?${query}` : "/map";
}

/** The parameters with which the hub is asked for the graph of a state. */
export function questionOf(state: MapState): GraphQuery {
  const { focus, direction, depth, limit } = state;
  return {
    limit,
    ...(focus && { focus, direction, depth, collapse: SHOWN_SIBLINGS }),
    ...filterOf(state),
  };
}

/** The filters of a state, as the hub takes them: for a graph, its facets and statistics. */
export function filterOf({ relation, method, licence, domain, kind, since }: MapState) {
  return {
    ...(relation.length && { relation }),
    ...(method.length && { method }),
    ...(licence.length && { licence }),
    ...(domain.length && { domain }),
    ...(kind.length && { kind }),
    ...(since && { since }),
  };
}

function asKind(text: string): Kind | null {
  return KINDS_OF_MODELS.find((each) => each === text) ?? null;
}

function oneOf<T extends string>(all: readonly T[], text: string | null, first: T): T {
  return all.find((each) => each === text) ?? first;
}

/** A day such as `2026-11-29`; null for a text that is none. */
function asDay(text: string | null): string | null {
  const day = text !== null && /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(day) ? null : text;
}

function whole(text: string | null, least: number, most: number, first: number): number {
  return text !== null && /^\d{1,3}$/.test(text)
    ? Math.min(most, Math.max(least, Number(text)))
    : first;
}
