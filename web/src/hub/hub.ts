import { Mergehub } from "@mergehub/client";
import { fetchNoting } from "./connection.svelte.ts";

const KEPT = "mergehub-token";
const REFUSED = "mergehub-token-refused";

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

/** Whether the hub has just refused the token that was pasted. */
export const tokenRefused = sessionStorage.getItem(REFUSED) !== null;
sessionStorage.removeItem(REFUSED);

/** Forgets a token that the hub does not take; the next page says so once. */
export function forgetRefused(): void {
  sessionStorage.setItem(REFUSED, "");
  useToken(null);
}

/** Uses a token until the window is closed, or no token any more. */
export function useToken(token: string | null): void {
  if (token === null) sessionStorage.removeItem(KEPT);
  else sessionStorage.setItem(KEPT, token);
  location.reload();
}
