import { type FileQuery, type Report, sendFile } from "../hub/importing.ts";

export const FORMATS = {
  auto: "found by itself",
  "lm-eval": "lm-evaluation-harness",
  "every-eval-ever": "Every Eval Ever",
  "eval-results": "Hugging Face .eval_results",
  "model-index": "model-index of a model card",
  table: "table: CSV, TSV, JSON or JSON Lines",
} as const;

export const SOURCES = {
  imported: "a leaderboard or paper of others",
  community: "measured by myself",
} as const;

/** A file on its way into the hub: chosen, tried, and taken in. */
export class Importing {
  file = $state.raw<File | null>(null);
  format = $state<keyof typeof FORMATS>("auto");
  source = $state<keyof typeof SOURCES>("imported");
  origin = $state("");
  /** The model of a file that names none. */
  model = $state("");
  mapping = $state("");
  report = $state.raw<Report | null>(null);
  failure = $state.raw<unknown>(null);
  busy = $state(false);

  take(file: File): void {
    this.file = file;
    this.origin = file.name;
    this.mapping = "";
    this.model = "";
    void this.send(true);
  }

  /** Sends the file, to try it or to take it in. */
  async send(dry_run: boolean): Promise<void> {
    const { file, format, source, mapping } = this;
    const model = this.model.trim();
    if (!file) return;
    this.busy = true;
    this.report = null;
    this.failure = null;
    try {
      const query: FileQuery = { format, source, origin: this.origin || file.name, dry_run };
      if (model) query.model = model;
      if (mapping.trim()) query.mapping = mapping;
      this.report = await sendFile(file, query);
      if (this.report.mapping) this.mapping = JSON.stringify(this.report.mapping, null, 2);
    } catch (error) {
      this.failure = error;
    }
    this.busy = false;
  }
}
