import { minute } from "../../app/words.ts";
import type { Webhook } from "../../hub/account/webhooks.ts";

const REASONS: Readonly<Record<string, string>> = {
  manual: "by hand",
  gone: "because the receiver answered 410 Gone",
  failing: "because it accepted nothing for three days",
};

export interface Health {
  word: "Works" | "Fails" | "Pauses" | "Disabled";
  /** The same as a sentence, with what follows from it. */
  sentence: string;
}

/** How a webhook does, in words. */
export function healthOf(webhook: Webhook, now: number): Health {
  const { disabled_at, disabled_reason, failing_since, paused_until } = webhook;
  if (disabled_at !== null) {
    const why = REASONS[disabled_reason ?? ""] ?? "by the hub";
    const sentence = `Disabled ${why} on ${minute(disabled_at)}. It gets nothing until you enable it.`;
    return { word: "Disabled", sentence };
  }
  const since = failing_since && `It has accepted nothing since ${minute(failing_since)}.`;
  if (paused_until !== null && Date.parse(paused_until) > now) {
    const pause = `The receiver asked for a pause until ${minute(paused_until)}.`;
    return { word: "Pauses", sentence: since ? `${pause} ${since}` : pause };
  }
  if (since) {
    return {
      word: "Fails",
      sentence: `${since} The hub goes on trying, and disables it if nothing arrives for three days.`,
    };
  }
  return { word: "Works", sentence: "Nothing that was sent to it fails." };
}
