import type { Me } from "../hub/account/accounts.ts";
import type { ScopeName } from "../hub/account/tokens.ts";

/** What each scope allows, in words. */
export const SCOPES: Readonly<Record<ScopeName, string>> = {
  "recipes:read": "Read, on a hub where reading needs a token. Every other scope allows it too.",
  "recipes:write": "Publish recipes and versions, change them, star and comment.",
  "runs:submit": "Submit, cancel and retry runs.",
  "boards:write": "Make, change, delete and release boards.",
  "results:write": "Import results, and withdraw and restore those that it imported.",
  "lineage:write": "Import models and edges, and change their names and facts.",
  "webhooks:manage": "Manage webhooks.",
  "accounts:manage": "Create organisations and manage their members.",
  "results:moderate": "Withdraw and restore results of anyone.",
  "lineage:moderate": "Set and clear flags of models.",
  worker: "Claim runs and report on them. For workers.",
  "tokens:introspect": "Ask whose a token is. For services of the hub.",
  admin: "Everything, for everybody. Give it to no program that needs less.",
};

const ALL = Object.keys(SCOPES) as ScopeName[];

/** Whether a person may do what a scope allows. */
export function may({ scopes }: Pick<Me, "scopes">, scope: ScopeName): boolean {
  return scopes.includes("admin") || scopes.includes(scope);
}

/** The scopes that a person may give a token: those that the person's own one has. */
export function grantable(me: Pick<Me, "scopes">): ScopeName[] {
  return ALL.filter((scope) => may(me, scope));
}
