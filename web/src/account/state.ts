import { addressWith, oneOf } from "../app/query.ts";

/** The parts of the page, with their titles. */
export const TITLES = {
  profile: "Profile",
  tokens: "Tokens",
  webhooks: "Webhooks",
  organisations: "Organisations",
  stars: "Stars",
  audit: "Audit trail",
} as const;
export type Tab = keyof typeof TITLES;
export const TABS = Object.keys(TITLES) as Tab[];
export const DELIVERIES = ["all", "delivered", "pending", "failed"] as const;

/** Everything that the page of an account shows, as its address has it. */
export interface AccountState {
  show: Tab;
  /** The webhook that is shown, by its id. */
  webhook: string | null;
  /** The deliveries of that webhook that are listed, and the one that is shown in full. */
  deliveries: (typeof DELIVERIES)[number];
  delivery: number | null;
  /** The organisation that is shown, by its handle. */
  organisation: string | null;
  /** What the audit trail is filtered by. */
  account: string;
  action: string;
  subject: string;
}

export const FIRST: Readonly<AccountState> = {
  show: "profile",
  webhook: null,
  deliveries: "all",
  delivery: null,
  organisation: null,
  account: "",
  action: "",
  subject: "",
};

export function readState(query: URLSearchParams): AccountState {
  const delivery = query.get("delivery") ?? "";
  return {
    show: oneOf(TABS, query.get("show"), FIRST.show),
    webhook: query.get("webhook") || null,
    deliveries: oneOf(DELIVERIES, query.get("deliveries"), FIRST.deliveries),
    delivery: /^[1-9]\d{0,15}$/.test(delivery) ? Number(delivery) : null,
    organisation: query.get("organisation") || null,
    account: query.get("account") ?? "",
    action: query.get("action") ?? "",
    subject: query.get("subject") ?? "",
  };
}

/** The address of a part of the account's page; what is not named is as at first. */
export function addressOf(state: Partial<AccountState>): string {
  return addressWith("/account", { ...FIRST, ...state }, FIRST);
}
