import type { Role } from "../../hub/account/organisations.ts";

/** What each role may do; each may also do what those after it may. */
export const ROLES: Readonly<Record<Role, string>> = {
  owner: "also manage the members, and rename the organisation",
  writer: "also publish, change, run and cancel, and manage webhooks",
  reader: "see the private things of the organisation",
};

export const ALL = Object.keys(ROLES) as Role[];
