import { ifMatch, type Schemas } from "@mergehub/client";
import { hub } from "../hub.ts";
import type { Page } from "../pages.ts";

export type Me = Schemas["Me"];
export type Account = Schemas["Account"];
export type Quota = Schemas["Quota"];
export type Starred = Schemas["StarredRecipe"];
export type AuditEntry = Schemas["AuditEntry"];

export function readMe(signal: AbortSignal): Promise<Me> {
  return hub.get("/v1/accounts/me", { signal });
}

export function readAccount(handle: string, signal: AbortSignal): Promise<Account> {
  return hub.get("/v1/accounts/{handle}", { params: { path: { handle } }, signal });
}

/** Gives an account another name for people, unless it has changed since it was read. */
export function renameAccount(account: Account, display_name: string): Promise<Account> {
  const { handle } = account;
  return hub.patch("/v1/accounts/{handle}", {
    params: { path: { handle }, header: ifMatch(account) },
    body: { display_name },
  });
}

export async function readQuotas(handle: string, signal: AbortSignal): Promise<Quota[]> {
  const params = { path: { handle } };
  return (await hub.get("/v1/accounts/{handle}/quotas", { params, signal })).items;
}

export function readStarred(cursor: string | null, signal: AbortSignal): Promise<Page<Starred>> {
  return hub.get("/v1/recipes/starred", { params: { query: cursor ? { cursor } : {} }, signal });
}

/** What of the audit trail is asked for; an empty text asks for everything. */
export interface AuditQuestion {
  account: string;
  action: string;
  subject: string;
}

/** The newest changes; only administrators may see them. */
export function readAudit(
  { account, action, subject }: AuditQuestion,
  cursor: string | null,
  signal: AbortSignal,
): Promise<Page<AuditEntry>> {
  const query = {
    ...(account && { account }),
    ...(action && { action }),
    ...(subject && { subject }),
    ...(cursor && { cursor }),
  };
  return hub.get("/v1/accounts/audit", { params: { query }, signal });
}
