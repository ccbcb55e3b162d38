import { Mergehub } from "@mergehub/client";
import { fetchNoting } from "./connection.svelte.ts";

const KEPT = "mergehub-token";

/** The hub that serves these pages; the browser adds the cookie of a session by itself. */
export const hub = new Mergehub({ url: location.origin, fetch: fetchNoting, ...keptToken() });

function keptToken(): { token: string } | object {
  const token = sessionStorage.getItem(KEPT);
  return token === null ? {} : { token };
}

/** Whether a token was pasted, rather than a session begun. */
export function hasToken(): boolean {
  return sessionStorage.getItem(KEPT) !== null;
}

/** Uses a token until the window is closed, or no token any more. */
export function useToken(token: string | null): void {
  if (token === null) sessionStorage.removeItem(KEPT);
  else sessionStorage.setItem(KEPT, token);
  location.reload();
}
