import { address } from "../app/address.svelte.ts";
import { type BoardPage, type BoardRow, readBoard } from "../hub/boards.ts";
import { addressOf, type BoardState, questionOf, readState } from "./state.ts";

const PAGE = 100;
const LARGEST = 200;

/** What a board's page shows: its address, and the rows that have been read of it. */
export class BoardSession {
  readonly state: BoardState = $derived(readState(address.query));
  /** The latest page that the hub has sent, without its rows. */
  page = $state.raw<BoardPage | null>(null);
  rows = $state.raw<BoardRow[]>([]);
  loading = $state(false);
  failure = $state.raw<unknown>(null);
  /** How many times the board has been read again because the hub had something newer. */
  refreshed = $state(0);
  #asked = new AbortController();
  #times = $state(0);

  constructor() {
    const question = $derived(JSON.stringify([this.state.board, questionOf(this.state)]));
    $effect(() => {
      void this.#times;
      const [board] = JSON.parse(question);
      this.#asked = new AbortController();
      if (board) void this.#read(null, this.#asked.signal);
      return () => this.#asked.abort();
    });
  }

  go(change: Partial<BoardState>, options = {}): void {
    address.go(addressOf({ ...this.state, ...change }), options);
  }

  again(): void {
    this.#times += 1;
  }

  /** Reads the rows that come next, unless that has begun or there are none. */
  more(): void {
    const cursor = this.page?.next_cursor;
    if (cursor && !this.loading && !this.failure) void this.#read(cursor, this.#asked.signal);
  }

  /** All rows that pass the filters. */
  async all(): Promise<BoardRow[]> {
    return (await this.#readMany(Number.POSITIVE_INFINITY, new AbortController().signal)).rows;
  }

  /** Reads the rows that are shown again; those before stay until all are there, or if that fails. */
  async refresh(): Promise<void> {
    const { signal } = this.#asked;
    this.loading = true;
    const read = await this.#readMany(this.rows.length, signal).catch(() => null);
    if (signal.aborted) return;
    if (read) [this.rows, this.page] = [read.rows, read.page];
    if (read) this.refreshed += 1;
    this.loading = false;
  }

  async #read(cursor: string | null, signal: AbortSignal): Promise<void> {
    this.loading = true;
    try {
      const page = await this.#ask(cursor, PAGE, signal);
      if (signal.aborted) return;
      this.rows = cursor ? [...this.rows, ...page.items] : page.items;
      this.page = page;
      this.failure = null;
    } catch (error) {
      if (signal.aborted) return;
      this.failure = error;
    }
    this.loading = false;
  }

  /** The first rows, at least so many if there are as many, and the page that the last is on. */
  async #readMany(least: number, signal: AbortSignal) {
    const rows: BoardRow[] = [];
    let page: BoardPage;
    let cursor: string | null = null;
    do {
      page = await this.#ask(cursor, LARGEST, signal);
      rows.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor && rows.length < least);
    return { rows, page };
  }

  #ask(cursor: string | null, limit: number, signal: AbortSignal): Promise<BoardPage> {
    const query = { ...questionOf(this.state), limit, ...(cursor && { cursor }) };
    return readBoard(this.state.board ?? "", query, signal);
  }
}
