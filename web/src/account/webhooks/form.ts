import type { Webhook, WebhookChange } from "../../hub/account/webhooks.ts";
import { chosenTypes } from "./words.ts";

/** What a person fills in about a webhook, new or not. */
export interface WebhookForm {
  url: string;
  description: string;
  /** None means all. */
  types: readonly string[];
  ordered: boolean;
  /** Empty: none for a new webhook; as before for another. */
  bearer_token: string;
  /** Whether a webhook that has a bearer token gets none any more. */
  without_token: boolean;
}

export const EMPTY: Readonly<WebhookForm> = {
  url: "",
  description: "",
  types: [],
  ordered: false,
  bearer_token: "",
  without_token: false,
};

/** The fields as the page labels them. */
export const LABELS = {
  url: "URL",
  description: "What it is for",
  owner: "It belongs to",
  types: "Events",
  format: "Format",
  signature: "It is signed with",
  bearer_token: "Bearer token",
} as const;

/** The form as it is when one begins to edit a webhook. */
export function formOf({ url, description, types, ordered }: Webhook): WebhookForm {
  return { ...EMPTY, url, description, types, ordered };
}

/** What differs from the webhook as it was read, so that nothing else is changed. */
export function changeOf(read: Webhook, form: WebhookForm): WebhookChange {
  const { description, ordered, bearer_token, without_token } = form;
  const url = form.url.trim();
  const types = chosenTypes(form.types);
  const token = without_token ? "" : bearer_token || null;
  return {
    ...(url !== read.url && { url }),
    ...(description !== read.description && { description }),
    ...(!isSame(types, read.types) && { types }),
    ...(ordered !== read.ordered && { ordered }),
    ...(token !== null && { bearer_token: token }),
  };
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((each) => others.includes(each));
}
