import { on } from "svelte/events";
import { createSubscriber } from "svelte/reactivity";

const follow = createSubscriber((changed) => on(document, "visibilitychange", changed));

/** Whether a person can see the window; who reads it follows it. */
export function isSeen(): boolean {
  follow();
  return !document.hidden;
}
