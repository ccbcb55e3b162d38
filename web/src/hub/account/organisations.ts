import { ifMatch, type Schemas } from "@mergehub/client";
import { hub } from "../hub.ts";
import type { Account } from "./accounts.ts";

export type MemberList = Schemas["MemberList"];
export type Member = Schemas["Member"];
export type Role = Member["role"];

export function makeOrganisation(handle: string, display_name: string): Promise<Account> {
  return hub.post("/v1/accounts", {
    body: { handle, ...(display_name && { display_name }) },
  });
}

export function readMembers(handle: string, signal: AbortSignal): Promise<MemberList> {
  return hub.get("/v1/accounts/{handle}/members", { params: { path: { handle } }, signal });
}

/** Adds a person, or changes a role, unless the members have changed since they were read. */
export function setMember(
  handle: string,
  { person, role }: Pick<Member, "person" | "role">,
  read: MemberList,
): Promise<MemberList> {
  return hub.put("/v1/accounts/{handle}/members/{person}", {
    params: { path: { handle, person }, header: ifMatch(read) },
    body: { role },
  });
}

/** Leaves an organisation, whoever else is in it by now. */
export async function leaveOrganisation(handle: string, person: string): Promise<void> {
  await hub.delete("/v1/accounts/{handle}/members/{person}", {
    params: { path: { handle, person }, header: { "If-Match": "*" } },
  });
}

/** Removes a member, unless the members have changed since they were read. */
export async function removeMember(
  handle: string,
  person: string,
  read: MemberList,
): Promise<void> {
  await hub.delete("/v1/accounts/{handle}/members/{person}", {
    params: { path: { handle, person }, header: ifMatch(read) },
  });
}
