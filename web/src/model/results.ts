import type { Cell } from "../app/csv.ts";
import { day, points } from "../app/words.ts";
import type { Result } from "../hub/results.ts";

const HUNDRED = 100;

/** A score on the scale on which people write it: of 100, if it is a share. */
export function shownScore({ score: { value } }: Result): string {
  return points(value >= 0 && value <= 1 ? value * HUNDRED : value);
}

/** The conditions of a result, as in `5-shot, chat template, bfloat16`. */
export function conditionsOf({ shots, chat_template, precision, metric, subtask }: Result): string {
  const parts = [
    subtask,
    metric,
    shots === null ? null : `${shots}-shot`,
    chat_template ? "chat template" : null,
    precision,
  ];
  return parts.filter(Boolean).join(", ");
}

/** With what it was measured, and where the hub has it from. */
export function originOf({ harness, harness_version, origin }: Result): string {
  const version = harness.includes(harness_version) ? "" : harness_version;
  return [harness && [harness, version].filter(Boolean).join(" "), origin]
    .filter(Boolean)
    .join(" · ");
}

/** The day on which it was measured; of many imports nobody knows it. */
export function measuredOn({ evaluated_at }: Result): string {
  return evaluated_at ? day(evaluated_at) : "–";
}

export function tableOf(results: readonly Result[]): Cell[][] {
  const rows = results.map((each): Cell[] => [
    each.model,
    each.revision,
    each.precision,
    each.benchmark,
    each.version,
    each.subtask,
    each.metric,
    each.shots,
    each.chat_template,
    each.score.value,
    each.stderr,
    each.count,
    !each.full,
    each.source,
    each.origin,
    each.harness,
    each.harness_version,
    each.evaluated_at,
    each.created_at,
  ]);
  return [
    [
      "model",
      "revision",
      "precision",
      "benchmark",
      "version",
      "subtask",
      "metric",
      "shots",
      "chat_template",
      "value",
      "stderr",
      "count",
      "limited",
      "source",
      "origin",
      "harness",
      "harness_version",
      "evaluated_at",
      "known_since",
    ],
    ...rows,
  ];
}
