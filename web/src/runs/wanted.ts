import { namesIn } from "../app/names.ts";
import type { Kind, RunWanted } from "../hub/runs.ts";

export const HARDWARE = ["cpu", "gpu", "gpu:80gb"] as const;
export type Hardware = (typeof HARDWARE)[number];

/** What each kind of run does, for people who choose one. */
export const DOES: Readonly<Record<Kind, string>> = {
  merge: "Merge by a recipe",
  evaluate: "Evaluate a model or a merge",
  ablate: "Score a merge without each ingredient",
  verify: "Merge again and compare",
  push: "Push a model to a repository or a bucket",
};

/** The form of a new run, as it is filled in. */
export interface RunForm {
  kind: Kind;
  /** The name of the model that a merge makes. */
  model_name: string;
  /** The model to evaluate. */
  model: string;
  /** The merge run to make again, or whose model is pushed. */
  run: string;
  /** Where a model is pushed, such as `hf://ann/soup`. */
  destination: string;
  /** Whether other content there is replaced. */
  replace: boolean;
  /** Names of benchmarks, separated by commas or spaces. */
  benchmarks: string;
  hardware: Hardware;
  seed: number | null;
  timeout_seconds: number | null;
  limit: number | null;
  chat_template: boolean;
  fresh: boolean;
}

export const EMPTY: Readonly<RunForm> = {
  kind: "merge",
  model_name: "",
  model: "",
  run: "",
  destination: "",
  replace: false,
  benchmarks: "",
  hardware: "cpu",
  seed: null,
  timeout_seconds: null,
  limit: null,
  chat_template: false,
  fresh: false,
};

/** A published version: its id, and its name in the shell, such as `ann/soup@2`. */
export interface OfVersion {
  id: string;
  name: string;
}

/** The name of a recipe without its owner and version, which a model may have as well. */
export function nameOf({ name }: OfVersion): string {
  return name.replace(/^.*\//, "").replace(/@.*$/, "");
}

/** The fields of the form as the page labels them. */
export const LABELS = {
  recipe: "Recipe",
  recipe_version: "Recipe",
  model_name: "Name of the model",
  run: "Merge run",
  destination: "Destination",
  model: "Model",
  benchmarks: "Benchmarks",
  hardware: "Hardware",
  seed: "Seed",
  timeout_seconds: "Time limit in seconds",
  limit: "Only the first items",
} as const;

/** Whether a run evaluates the merge of the recipe, rather than a model. */
export function isOfRecipe({ kind, model }: RunForm): boolean {
  return kind === "merge" || kind === "ablate" || (kind === "evaluate" && !model.trim());
}

/** The request that a form makes. */
export function wantedOf(form: RunForm, version: OfVersion | null): RunWanted {
  const { kind, hardware, seed, timeout_seconds, limit, chat_template, fresh } = form;
  const common = { hardware, ...(timeout_seconds !== null && { timeout_seconds }) };
  const seeded = seed === null ? {} : { seed };
  const recipe = version && isOfRecipe(form) ? { recipe_version: version.id } : {};
  if (kind === "verify") return { kind, run: form.run.trim(), ...common };
  if (kind === "push") {
    const { replace } = form;
    return { kind, run: form.run.trim(), destination: form.destination.trim(), replace, ...common };
  }
  if (kind === "merge") {
    return { kind, model_name: form.model_name.trim(), ...recipe, ...seeded, ...common };
  }
  const how = { ...(limit !== null && { limit }), chat_template, fresh };
  const of = { ...recipe, ...seeded, ...how, ...common, benchmarks: namesIn(form.benchmarks) };
  const model = form.model.trim();
  return kind === "evaluate" ? { kind, ...(model && { model }), ...of } : { kind, ...of };
}

/** The command that submits the same run from a shell. */
export function commandOf(form: RunForm, version: OfVersion | null): string {
  const { kind, seed, hardware, timeout_seconds, limit } = form;
  const recipe = version?.name ?? "RECIPE";
  const words = ["mergehub", kind === "merge" ? "submit" : kind];
  const option = (name: string, value: string | number | null) => {
    if (value !== null && value !== "") words.push(`--${name}`, quoted(String(value)));
  };
  if (kind === "merge") words.push(recipe, "--name", quoted(form.model_name.trim() || "NAME"));
  else if (kind === "verify") words.push(quoted(form.run.trim() || "RUN"));
  else if (kind === "push") {
    words.push(quoted(form.run.trim() || "RUN"), quoted(form.destination.trim() || "DESTINATION"));
    if (form.replace) words.push("--replace");
  } else if (kind === "ablate") words.push(recipe);
  else if (isOfRecipe(form)) option("recipe", recipe);
  else words.push(quoted(form.model.trim()));
  if (kind === "evaluate" || kind === "ablate") {
    for (const name of namesIn(form.benchmarks)) option("benchmark", name);
    option("limit", limit);
    if (form.chat_template) words.push("--chat-template");
    if (form.fresh) words.push("--fresh");
  }
  if (isOfRecipe(form)) option("seed", seed);
  option("hardware", hardware === "cpu" ? null : hardware);
  option("timeout", timeout_seconds);
  return words.join(" ");
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
