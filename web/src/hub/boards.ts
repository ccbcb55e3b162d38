import type { Answer, Operations, Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

export type Source = "verified" | "community" | "imported";

export type Board = Schemas["BoardInfo"];
export type ListedBoard = Schemas["ListedBoard"];
export type BoardPage = Answer<"get", "/v1/boards/{board}">;
export type BoardColumn = Schemas["BoardColumn"];
export type BoardRow = BoardPage["items"][number];
export type BoardFacets = Schemas["BoardFacets"];
export type BoardPoints = Schemas["BoardPoints"];
export type BoardPoint = Schemas["BoardPoint"];
export type BoardQuery = NonNullable<Operations["get_board"]["parameters"]["query"]>;
export type BoardFilter = Omit<BoardQuery, "sort" | "limit" | "cursor">;

const MOST_BOARDS = 200;

export async function listBoards(signal: AbortSignal): Promise<ListedBoard[]> {
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

export type RankHistory = Answer<"get", "/v1/boards/{board}/history">;

export function readRanks(board: string, model: string, signal: AbortSignal): Promise<RankHistory> {
  const params = { path: { board }, query: { model } };
  return hub.get("/v1/boards/{board}/history", { params, signal });
}

export type Release = Answer<"get", "/v1/boards/{board}/releases">["items"][number];

export async function listReleases(board: string, signal: AbortSignal): Promise<Release[]> {
  const params = { path: { board }, query: { limit: 100 } };
  return (await hub.get("/v1/boards/{board}/releases", { params, signal })).items;
}

export function releaseBoard(board: string): Promise<Release> {
  return hub.post("/v1/boards/{board}/releases", { params: { path: { board } } });
}
