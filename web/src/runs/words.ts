import { count } from "../app/words.ts";
import type { Progress, RunState } from "../hub/runs.ts";

export const STATES: readonly RunState[] = [
  "queued",
  "running",
  "succeeded",
  "failed",
  "cancelled",
];
export const KINDS = ["merge", "evaluate", "ablate", "verify", "push"] as const;

const FINAL = new Set<RunState>(["succeeded", "failed", "cancelled"]);

export function isFinal(state: RunState): boolean {
  return FINAL.has(state);
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];
const SIZE = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** A number of bytes in a decimal unit, as in `15.2 GB`. */
export function bytes(number: number): string {
  const power = number < 1 ? 0 : Math.min(Math.floor(Math.log10(number) / 3), UNITS.length - 1);
  return `${SIZE.format(number / 1000 ** power)} ${UNITS[power]}`;
}

/** A time in its two largest units, as in `2 h 5 min`; of less than ten seconds, also a tenth. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

/** How long something took, or has taken until now; null if it has not begun. */
export function secondsFrom(
  begun: string | null,
  ended: string | null,
  now: number,
): number | null {
  if (begun === null) return null;
  return ((ended === null ? now : Date.parse(ended)) - Date.parse(begun)) / 1000;
}

/** The share of its work that a run has done, from 0 to 1; null while it is not known. */
export function shareOf({ done, total, bytes_done, bytes_total }: Progress): number | null {
  if (bytes_total > 0) return Math.min(1, bytes_done / bytes_total);
  return total > 0 ? Math.min(1, done / total) : null;
}

/** What a run is doing and how far it is, as in `merge 12/40 tensors`. */
export function stageOf({ stage, done, total, unit }: Progress): string {
  return total ? `${stage} ${count(done)}/${count(total)} ${unit}` : stage;
}

/** How much a stage does in a second, between two of its reports. */
export interface Rate {
  bytes: number;
  parts: number;
}

/** The rate between two reports of one stage; null if they do not say. */
export function rateBetween(before: Progress | null, now: Progress): Rate | null {
  const from = before?.stage === now.stage && before.seconds < now.seconds ? before : null;
  const seconds = from && now.seconds - from.seconds;
  if (!from || !seconds) return null;
  const rate = {
    bytes: (now.bytes_done - from.bytes_done) / seconds,
    parts: (now.done - from.done) / seconds,
  };
  return rate.bytes > 0 || rate.parts > 0 ? rate : null;
}

/** The seconds that the rest of a stage takes at a rate; null if that is not known. */
export function secondsLeft(now: Progress, rate: Rate | null): number | null {
  if (!rate) return null;
  if (now.bytes_total > 0) {
    return rate.bytes > 0 ? (now.bytes_total - now.bytes_done) / rate.bytes : null;
  }
  return now.total > 0 && rate.parts > 0 ? (now.total - now.done) / rate.parts : null;
}
