import { HubProblem } from "@mergehub/client";
import { sentence } from "./failures.ts";

/** What the hub found wrong with a form: at its fields, and what belongs to none of them. */
export interface Refusal {
  fields: Readonly<Record<string, string>>;
  /** What happened, in a sentence. */
  said: string;
  others: readonly string[];
}

/** The faults of a refused request by the fields of a form; `fields` are those that it has. */
export function refusalOf(error: unknown, fields: readonly string[]): Refusal {
  if (!(error instanceof HubProblem)) return { fields: {}, said: sentence(error), others: [] };
  const found: Record<string, string> = {};
  const others: string[] = [];
  for (const fault of error.errors) {
    const field = fieldOf(fault.pointer);
    const text = saidOf(fault);
    if (field === undefined || !fields.includes(field)) others.push(`${fault.pointer}: ${text}`);
    else found[field] = found[field] ? `${found[field]} ${text}` : text;
  }
  const refused = error.status >= 400 && error.status < 500 && error.code !== "http-error";
  return { fields: found, said: refused ? error.message : sentence(error), others };
}

/** The field of a body that a pointer is in: `tags` for `/tags/2`, `recipe` for `/recipe#/models`. */
function fieldOf(pointer: string): string | undefined {
  return pointer.split(/[/#]/).find(Boolean);
}

function saidOf({ detail, suggestion }: HubProblem["errors"][number]): string {
  return suggestion ? `${detail} (${suggestion})` : detail;
}
