import type { Schemas } from "@mergehub/client";
import { hub } from "../hub.ts";
import type { Page } from "../pages.ts";

export type Token = Schemas["Token"];
export type TokenWanted = Schemas["TokenCreate"];
export type ScopeName = TokenWanted["scopes"][number];

/** The newest tokens that one may see, without those that were revoked. */
export function readTokens(cursor: string | null, signal: AbortSignal): Promise<Page<Token>> {
  return hub.get("/v1/tokens", { params: { query: cursor ? { cursor } : {} }, signal });
}

/** Makes a token; only this answer has its secret. */
export function makeToken(wanted: TokenWanted): Promise<Schemas["TokenCreated"]> {
  return hub.post("/v1/tokens", { body: wanted });
}

export async function revokeToken(token_id: string): Promise<void> {
  await hub.delete("/v1/tokens/{token_id}", { params: { path: { token_id } } });
}
