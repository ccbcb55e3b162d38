import { isSeen } from "../../app/window.ts";
import type { Delivery } from "../../hub/account/webhooks.ts";
import { nextLook } from "./words.ts";

/** Looks again when the first waiting delivery is due, as long as somebody sees the page. */
export function lookWhenDue(deliveries: () => readonly Delivery[], look: () => void): void {
  $effect(() => {
    const wait = nextLook(deliveries(), Date.now());
    if (wait === null || !isSeen()) return undefined;
    const timer = setTimeout(look, wait);
    return () => clearTimeout(timer);
  });
}
