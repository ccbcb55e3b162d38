import type { Schemas } from "@mergehub/client";
import { HubProblem } from "@mergehub/client";
import { hub } from "./hub.ts";

/** The account of who looks, what its token allows, and its organisations. */
export type Me = Schemas["Me"];

/** Who looks; null if that is nobody with an account, such as a program of the hub. */
export async function readMe(signal: AbortSignal): Promise<Me | null> {
  try {
    return await hub.get("/v1/accounts/me", { signal });
  } catch (error) {
    if (error instanceof HubProblem && error.code === "no-account") return null;
    throw error;
  }
}
