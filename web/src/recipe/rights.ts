import type { Me } from "../hub/me.ts";

const SCOPE = "recipes:write";

/** Whether somebody may write at all with the token or session that is used. */
export function mayWrite(me: Me | null): boolean {
  return me?.scopes.some((each) => each === SCOPE || each === "admin") ?? false;
}

/** Whether somebody may change what belongs to an account. */
export function mayWriteFor(me: Me | null, owner: string): boolean {
  if (!me || !mayWrite(me)) return false;
  return me.scopes.includes("admin") || ownersFor(me).includes(owner);
}

/** The accounts for which somebody may publish, their own first. */
export function ownersFor(me: Me): string[] {
  const organisations = me.organisations.filter(({ role }) => role !== "reader");
  return [me.account.handle, ...organisations.map(({ organisation }) => organisation)];
}

/** A name for a fork: that of its origin, unless the owner has it already. */
export function forkName(origin: { owner: string; name: string }, owner: string): string {
  return origin.owner === owner ? `${origin.name}-fork` : origin.name;
}
