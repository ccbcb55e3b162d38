import type { Answer, Operations, Schemas } from "@mergehub/client";
import { ask } from "./ask.ts";
import { hub } from "./hub.ts";

export type Source = "verified" | "community" | "imported";

export type Board = Schemas["BoardInfo"];
export type BoardPage = Answer<"get", "/v1/boards/{board}">;
export type BoardColumn = Schemas["BoardColumn"];
export type BoardRow = BoardPage["items"][number];
export type BoardFacets = Schemas["BoardFacets"];
export type BoardPoints = Schemas["BoardPoints"];
export type BoardPoint = Schemas["BoardPoint"];
export type BoardQuery = NonNullable<Operations["get_board"]["parameters"]["query"]>;
export type BoardFilter = Omit<BoardQuery, "sort" | "limit" | "cursor">;

const MOST_BOARDS = 200;

export async function listBoards(signal: AbortSignal): Promise<Board[]> {
  const query = { limit: MOST_BOARDS };
  return (await hub.get("/v1/boards", { params: { query }, signal })).items;
}

export function readBoard(
  board: string,
  query: BoardQuery,
  signal: AbortSignal,
): Promise<BoardPage> {
  return hub.get("/v1/boards/{board}", { params: { path: { board }, query }, signal });
}

export function readFacetsOf(
  board: string,
  query: BoardFilter,
  signal: AbortSignal,
): Promise<BoardFacets> {
  return hub.get("/v1/boards/{board}/facets", { params: { path: { board }, query }, signal });
}

export function readPoints(
  board: string,
  query: BoardFilter,
  signal: AbortSignal,
): Promise<BoardPoints> {
  return hub.get("/v1/boards/{board}/points", { params: { path: { board }, query }, signal });
}

export interface RankHistory {
  model: string;
  points: { day: string; place: number; of: number; mean: number }[];
}

export function readRanks(
  board: string,
  model: string,
  signal?: AbortSignal,
): Promise<RankHistory> {
  return ask("/v1/boards/{board}/history", { path: { board }, query: { model } }, signal);
}

export interface Release {
  board: string;
  number: number;
  created_at: string;
  as_of: string;
  digest: string;
  models: number;
  title: string;
  citation: { text: string; bibtex: string };
  url: string;
}

export async function listReleases(board: string, signal?: AbortSignal): Promise<Release[]> {
  const answer = ask<{ items: Release[] }>(
    "/v1/boards/{board}/releases",
    { path: { board } },
    signal,
  );
  return (await answer).items;
}
