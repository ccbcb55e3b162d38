import type { Schemas } from "@mergehub/client";
import { hub } from "../hub.ts";
import type { Page } from "../pages.ts";

export type Webhook = Schemas["Endpoint"];
export type WebhookWithSecret = Schemas["EndpointWithSecret"];
export type WebhookWanted = Schemas["EndpointCreate"];
export type WebhookChange = Schemas["EndpointUpdate"];
export type EventType = NonNullable<WebhookWanted["types"]>[number];
export type Delivery = Schemas["Delivery"];
export type DeliveryState = Delivery["state"];
export type DeliveryInFull = Schemas["DeliveryWithAttempts"];
export type ReplayWanted = Schemas["ReplayRange"];

const of = (webhook_id: string) => ({ path: { webhook_id } });

export function readWebhooks(cursor: string | null, signal: AbortSignal): Promise<Page<Webhook>> {
  return hub.get("/v1/webhooks", { params: { query: cursor ? { cursor } : {} }, signal });
}

export function readWebhook(id: string, signal: AbortSignal): Promise<Webhook> {
  return hub.get("/v1/webhooks/{webhook_id}", { params: of(id), signal });
}

/** Makes a webhook; only this answer has its secret. */
export function makeWebhook(wanted: WebhookWanted): Promise<WebhookWithSecret> {
  return hub.post("/v1/webhooks", { body: wanted });
}

/** Changes a webhook, whatever its failures have made of it meanwhile. */
export function changeWebhook(id: string, body: WebhookChange): Promise<Webhook> {
  return hub.patch("/v1/webhooks/{webhook_id}", {
    params: { ...of(id), header: { "If-Match": "*" } },
    body,
  });
}

export async function deleteWebhook(id: string): Promise<void> {
  await hub.delete("/v1/webhooks/{webhook_id}", { params: of(id) });
}

/** Gives a webhook a new secret, signed by a scheme; only this answer has it. */
export function rotateSecret(
  id: string,
  signature: Webhook["signature"],
): Promise<WebhookWithSecret> {
  return hub.post("/v1/webhooks/{webhook_id}/rotate", { params: of(id), body: { signature } });
}

/** Sends a test event. */
export function sendTest(id: string): Promise<Delivery> {
  return hub.post("/v1/webhooks/{webhook_id}/test", { params: of(id) });
}

export function readDeliveries(
  id: string,
  state: DeliveryState | "all",
  cursor: string | null,
  signal: AbortSignal,
): Promise<Page<Delivery>> {
  const query = { ...(state !== "all" && { state }), ...(cursor && { cursor }) };
  return hub.get("/v1/webhooks/{webhook_id}/deliveries", {
    params: { ...of(id), query },
    signal,
  });
}

export function readDelivery(
  webhook_id: string,
  number: number,
  signal: AbortSignal,
): Promise<DeliveryInFull> {
  return hub.get("/v1/webhooks/{webhook_id}/deliveries/{number}", {
    params: { path: { webhook_id, number } },
    signal,
  });
}

/** Sends a delivery again, or at once if it waits. */
export function replayDelivery(webhook_id: string, number: number): Promise<Delivery> {
  return hub.post("/v1/webhooks/{webhook_id}/deliveries/{number}/replay", {
    params: { path: { webhook_id, number } },
  });
}

/** Sends the events of a time range again. */
export function replayRange(id: string, body: ReplayWanted): Promise<Schemas["Replayed"]> {
  return hub.post("/v1/webhooks/{webhook_id}/replay", { params: of(id), body });
}
