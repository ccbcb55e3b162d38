import { createSubscriber } from "svelte/reactivity";

const SECOND_MS = 1000;

const tick = createSubscriber((changed) => {
  const timer = setInterval(changed, SECOND_MS);
  return () => clearInterval(timer);
});

/** The time in milliseconds; who reads it is run again each second. */
export function currentTime(): number {
  tick();
  return Date.now();
}
