import type { Schemas } from "@mergehub/client";
import { HubProblem } from "@mergehub/client";
import { isSignedOut } from "./failures.ts";
import { forgetRefused, hasToken, hub, useToken } from "./hub.ts";

export type Hub = Schemas["Hub"];

/** What is known of the hub and of the person who looks at it. */
class Visit {
  hub = $state.raw<Hub | null>(null);
  failure = $state.raw<unknown>(null);

  /** Whether nothing can be shown before a sign-in. */
  get mustSignIn(): boolean {
    return this.hub?.reading === "token" && this.hub.account === null;
  }

  async begin(): Promise<void> {
    this.failure = null;
    try {
      this.hub = await hub.get("/v1/accounts/hub");
    } catch (error) {
      if (error instanceof HubProblem && error.status === 401 && hasToken()) forgetRefused();
      else this.failure = error;
    }
  }

  /** Ends the session, or forgets the token that was pasted, which stays valid elsewhere. */
  async signOut(): Promise<void> {
    if (!hasToken()) await hub.post("/v1/accounts/sign-out").catch(ignoreEnded);
    useToken(null);
  }
}

function ignoreEnded(error: unknown): void {
  if (!isSignedOut(error)) throw error;
}

export const visit = new Visit();

/** Where a person signs in, to return to a page. */
export function signInAddress(path: string, query: URLSearchParams): string {
  const back = query.size ? `${path}?${query}` : path;
  return `/v1/accounts/sign-in?${new URLSearchParams({ return_to: back })}`;
}
