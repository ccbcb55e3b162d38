import type {
  Delivery,
  DeliveryState,
  EventType,
  ReplayWanted,
  Webhook,
} from "../../hub/account/webhooks.ts";

/** What each type of event reports. */
export const EVENTS: Readonly<Record<EventType, string>> = {
  "recipe.published": "A version of a recipe was published.",
  "recipe.commented": "A person commented on a recipe.",
  "run.queued": "A run waits for a worker.",
  "run.started": "A worker has begun an attempt at a run.",
  "run.succeeded": "A run has its result.",
  "run.failed": "A run has failed.",
  "run.cancelled": "A run was cancelled.",
  "model.produced": "A merge made a model.",
  "evaluation.completed": "A model was evaluated on one benchmark.",
  "ablation.completed": "A merge was evaluated without each of its ingredients.",
  "webhook.disabled": "The hub has stopped sending to another webhook of yours.",
  "webhook.test": "Somebody asked for a test.",
};

/** The types that one may choose; a test goes to its webhook whatever that chose. */
export const OFFERED = Object.entries(EVENTS).filter(([type]) => type !== "webhook.test");

/** What of a list are types of events. */
export function chosenTypes(types: readonly string[]): EventType[] {
  return types.filter((type): type is EventType => type in EVENTS);
}

export const FORMATS: Readonly<Record<Webhook["format"], string>> = {
  standard: "Standard Webhooks: every event, signed",
  openlineage: "OpenLineage: runs, for a lineage tool such as Marquez",
};

export const SIGNATURES: Readonly<Record<Webhook["signature"], string>> = {
  v1: "a secret that you keep (v1)",
  v1a: "a key pair, whose public half verifies but cannot sign (v1a)",
};

export const STATES: Readonly<Record<DeliveryState, string>> = {
  delivered: "Delivered",
  pending: "Waiting",
  failed: "Failed",
};

export const STATES_OR_ALL = { all: "All", ...STATES } as const;

export const WHICH: Readonly<Record<ReplayWanted["only"] & string, string>> = {
  undelivered: "what did not arrive",
  all: "everything, also what arrived",
};

/** The types of events of a webhook; no type means all. */
export function typesOf({ types }: Pick<Webhook, "types">): string {
  return types.length ? types.join(", ") : "all events";
}

const OFTEN_MS = 1_000;
const SELDOM_MS = 60_000;
// An attempt under way counts as due only after its time limit, so that another process takes over.
const UNDER_WAY_MS = 70_000;

/** In how many milliseconds a waiting delivery may be another one; null if none waits. */
export function nextLook(deliveries: readonly Delivery[], now: number): number | null {
  const waiting = deliveries.filter(({ state }) => state === "pending");
  if (!waiting.length) return null;
  const first = Math.min(...waiting.map(({ due_at }) => Date.parse(due_at)));
  return first - now < UNDER_WAY_MS ? OFTEN_MS : SELDOM_MS;
}

/** A time of a form in the zone of the browser, as the hub takes it; null for none. */
export function timeOf(local: string): string | null {
  const time = new Date(local);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}
