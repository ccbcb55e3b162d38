import { count } from "../../app/words.ts";
import type { Run } from "../../hub/runs.ts";
import { isFinal } from "../words.ts";

/** A line of the log of a run. */
export interface Entry {
  /** When it happened, or when this page saw it, as an ISO time. */
  time: string;
  text: string;
  bad?: boolean;
}

/** What a run's newest state says beyond the one before; `seen` is when this page got it. */
export function newsOf(before: Run | null, now: Run, seen: string): Entry[] {
  return [
    ...(before ? [] : begun(now)),
    ...attempts(before, now, seen),
    ...work(before, now, seen),
    ...ending(before, now),
  ];
}

/** What is known of a run from before the page was opened. */
function begun({ created_at, owner, hardware }: Run): Entry[] {
  return [{ time: created_at, text: `Submitted by ${owner}, for a ${hardware} worker` }];
}

function attempts(before: Run | null, now: Run, seen: string): Entry[] {
  const entries: Entry[] = [];
  if (before && isFinal(before.state) && now.state === "queued") {
    entries.push({ time: seen, text: "Queued again" });
  }
  const moved = !before || now.fence > before.fence;
  if (moved && now.started_at !== null && now.state !== "queued") {
    const worker = now.worker ? ` on ${now.worker}` : "";
    const first = now.attempt <= 1;
    const time = !before || first ? now.started_at : seen;
    entries.push({
      time,
      text: before || first ? `Attempt ${now.attempt} begins${worker}` : "The first attempt began",
    });
    if (!before && !first) entries.push({ time: seen, text: `Attempt ${now.attempt}${worker}` });
  }
  if (before && before.state === "running" && now.state === "queued") {
    const why = now.error ? `: ${now.error.message}` : "";
    entries.push({ time: seen, text: `Back in the queue${why}`, bad: now.error !== null });
  }
  return entries;
}

function work(before: Run | null, now: Run, seen: string): Entry[] {
  const entries: Entry[] = [];
  const { progress } = now;
  if (progress && now.state === "running") {
    const was = before?.fence === now.fence ? before.progress?.stage : undefined;
    const of = progress.total ? `: ${count(progress.total)} ${progress.unit}` : "";
    if (progress.stage !== was) entries.push({ time: seen, text: `${progress.stage}${of}` });
  }
  const known = new Set(before?.warnings);
  const warned = now.warnings.filter((each) => !known.has(each));
  const time = !before && now.finished_at !== null ? now.finished_at : seen;
  return [...entries, ...warned.map((text) => ({ time, text, bad: true }))];
}

function ending(before: Run | null, now: Run): Entry[] {
  if (!isFinal(now.state) || now.finished_at === null || before?.state === now.state) return [];
  const time = now.finished_at;
  if (now.state === "cancelled") return [{ time, text: "Cancelled" }];
  if (now.state === "failed") return [{ time, text: now.error?.message ?? "Failed", bad: true }];
  return [...notesIn(now.result).map((text) => ({ time, text })), { time, text: "Succeeded" }];
}

/** The notes of a result: sentences that users of its model should know. */
function notesIn(result: Run["result"]): string[] {
  const notes = result?.notes;
  return Array.isArray(notes) ? notes.filter((each) => typeof each === "string") : [];
}
