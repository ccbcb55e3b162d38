import { ask } from "./ask.ts";

export interface Estimate {
  value: number;
  low: number;
  high: number;
}

export type Source = "verified" | "community" | "imported";

export interface BoardColumn {
  benchmark: string;
  title: string;
  version: string;
  metric: string;
  shots: number | null;
  chat_template: boolean | null;
  weight: number;
  baseline: number;
  domains: string[];
  models: number;
}

export interface Board {
  name: string;
  title: string;
  summary: string;
  domains: string[];
  owner: string | null;
  columns: BoardColumn[];
  missing: string;
  version: number;
}

export interface BoardScore extends Estimate {
  raw: number;
  source: Source;
  result: number;
}

export interface BoardRow {
  rank: { place: number; best: number; worst: number } | null;
  model: string;
  revision: string;
  precision: string;
  merged: boolean | null;
  method: string | null;
  base: string[];
  family: string | null;
  parameters: number | null;
  licence: string | null;
  domains: string[];
  flags: string[];
  made_on: string | null;
  mean: Estimate | null;
  uplift: number | null;
  scores: Record<string, BoardScore>;
  missing: string[];
}

export interface BoardPage {
  board: string;
  as_of: string;
  columns: BoardColumn[];
  ranked: number;
  matching: number;
  ranks: { method: string; replicates: number; seed: number; as_of: string } | null;
  items: BoardRow[];
  next_cursor: string | null;
}

export interface BoardPoint {
  model: string;
  precision: string;
  parameters: number;
  score: number;
  merged: boolean | null;
  method: string | null;
  front: boolean;
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

export type BoardQuery = Record<string, unknown>;

const of = (board: string, query: object = {}) => ({ path: { board }, query });

export async function listBoards(signal?: AbortSignal): Promise<Board[]> {
  return (await ask<{ items: Board[] }>("/v1/boards", {}, signal)).items;
}

export function readBoard(
  board: string,
  query: BoardQuery,
  signal?: AbortSignal,
): Promise<BoardPage> {
  return ask("/v1/boards/{board}", of(board, query), signal);
}

export interface Facet {
  value: string | null;
  models: number;
}

export type BoardFacets = Record<string, Facet[]>;

export function readFacetsOf(
  board: string,
  query: BoardQuery,
  signal?: AbortSignal,
): Promise<BoardFacets> {
  return ask("/v1/boards/{board}/facets", of(board, query), signal);
}

export interface BoardPoints {
  points: BoardPoint[];
  truncated: boolean;
}

export function readPoints(
  board: string,
  query: BoardQuery,
  signal?: AbortSignal,
): Promise<BoardPoints> {
  return ask("/v1/boards/{board}/points", of(board, query), signal);
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
  return ask("/v1/boards/{board}/history", of(board, { model }), signal);
}

export async function listReleases(board: string, signal?: AbortSignal): Promise<Release[]> {
  return (await ask<{ items: Release[] }>("/v1/boards/{board}/releases", of(board), signal)).items;
}
