import { runAddress } from "../../app/links.ts";
import { minute } from "../../app/words.ts";
import type { Run } from "../../hub/runs.ts";
import { bytes, duration, secondsFrom } from "../words.ts";

export interface Fact {
  name: string;
  value: string;
  href?: string;
}

/** What is known of a run beside its outcome. */
export function factsOf(run: Run): Fact[] {
  const took = run.finished_at && secondsFrom(run.started_at, run.finished_at, 0);
  const found: (Fact | null)[] = [
    { name: "Owner", value: run.visibility === "private" ? `${run.owner} (private)` : run.owner },
    { name: "Hardware", value: run.hardware },
    run.worker ? { name: "Worker", value: run.worker } : null,
    deviceOf(run),
    { name: "Attempts", value: String(run.attempt) },
    { name: "Submitted", value: minute(run.created_at) },
    run.started_at ? { name: "Started", value: minute(run.started_at) } : null,
    run.finished_at ? { name: "Ended", value: minute(run.finished_at) } : null,
    typeof took === "number" ? { name: "Took", value: duration(took) } : null,
    { name: "Time limit", value: duration(run.timeout_seconds) },
    needsOf(run),
    ...settingsOf(run.spec),
    ...Object.entries(run.products).map(([name, id]) => ({
      name: `Made ${name}`,
      value: `run ${id.slice(0, 8)}`,
      href: runAddress(id),
    })),
  ];
  return found.filter((each) => each !== null);
}

function deviceOf({ result }: Run): Fact | null {
  const device = result?.device;
  return typeof device === "string" ? { name: "Device", value: device } : null;
}

function needsOf({ needs }: Run): Fact | null {
  if (!needs) return null;
  const parts = [
    needs.memory && `${bytes(needs.memory)} memory`,
    needs.disk && `${bytes(needs.disk)} disk`,
    needs.gpu_memory && `${bytes(needs.gpu_memory)} GPU memory`,
  ].filter(Boolean);
  return parts.length ? { name: "Needs", value: parts.join(", ") } : null;
}

function settingsOf(spec: Run["spec"]): Fact[] {
  const facts: Fact[] =
    "seed" in spec && spec.seed !== undefined ? [{ name: "Seed", value: String(spec.seed) }] : [];
  if (spec.kind === "verify") {
    return [
      ...facts,
      { name: "Merge run", value: spec.run.slice(0, 8), href: runAddress(spec.run) },
    ];
  }
  if (spec.kind === "push") {
    return [
      { name: "Merge run", value: spec.run.slice(0, 8), href: runAddress(spec.run) },
      { name: "Destination", value: spec.destination },
      ...(spec.replace ? [{ name: "Other content there", value: "replaced" }] : []),
    ];
  }
  if (spec.kind === "merge") return facts;
  if (spec.limit) facts.push({ name: "Limit", value: `the first ${spec.limit} items` });
  if (spec.chat_template) facts.push({ name: "Chat template", value: "used" });
  return [{ name: "Benchmarks", value: spec.benchmarks.join(", ") }, ...facts];
}
