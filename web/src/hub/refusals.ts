import { HubProblem } from "@mergehub/client";
import { namedBy, sentence } from "./failures.ts";

/** The fields of a form by their names in what is sent, each with its label. */
export type Labels<Name extends string> = Readonly<Record<Name, string>>;

/** What the hub found wrong with a form: at its fields, and what belongs to none of them. */
export interface Refusal<Name extends string = string> {
  fields: Readonly<Partial<Record<Name, string>>>;
  /** What happened, in a sentence that repeats nothing of the fields; null if they say it all. */
  said: string | null;
  others: readonly string[];
}

type Fault = HubProblem["errors"][number];

// Of these the hub names no field, but there is only one that they can be about.
const FIELD_OF: Readonly<Record<string, string>> = {
  "token-name-taken": "name",
  "handle-taken": "handle",
  "member-invalid": "person",
  "owner-invalid": "owner",
};

// Of these the pages say more to people than the hub's own detail.
const BETTER_SAID = new Set(["http-error", "precondition-failed"]);

/** What is wrong with a form, by the names that its labels have; nothing, if there is no error. */
export function refusalOf<Name extends string>(
  error: unknown,
  labels: Labels<Name>,
): Refusal<Name> {
  const fields: Partial<Record<Name, string>> = {};
  if (error === null) return { fields, said: null, others: [] };
  const rest: Fault[] = [];
  for (const fault of faultsOf(error)) {
    const name = fieldOf(fault.pointer);
    if (isOf(labels, name)) fields[name] = joined(fields[name], sentenceOf(fault));
    else rest.push(fault);
  }
  const again = lookAgain(fields, labels);
  if (again !== null && !rest.length) {
    return { fields, said: Object.keys(labels).length > 1 ? `${again}.` : null, others: [] };
  }
  const said = again === null ? whatHappened(error) : `${again}. ${whatHappened(error)}`;
  const others = rest.filter(({ detail }) => !said.includes(detail));
  return { fields, said, others: others.map(otherOf) };
}

/** The faults of a problem; one that names no field, but can be about one only, is such a fault. */
function faultsOf(error: unknown): readonly Fault[] {
  if (!(error instanceof HubProblem)) return [];
  const field = FIELD_OF[error.code];
  if (field === undefined || error.errors.length) return error.errors;
  const { code, message: detail } = error;
  return [{ pointer: `/${field}`, code, detail, suggestion: null, line: null }];
}

/** The field of a body that a pointer is in: `tags` for `/tags/2`, `recipe` for `/recipe#/models`. */
function fieldOf(pointer: string): string {
  return pointer.replace(/^\/(path|query)(?=\/)/, "").split(/[/#]/)[1] ?? "";
}

function isOf<Name extends string>(labels: Labels<Name>, name: string): name is Name {
  return Object.hasOwn(labels, name);
}

/** Which fields to look at again, by their labels; null if none. */
function lookAgain<Name extends string>(
  fields: Refusal<Name>["fields"],
  labels: Labels<Name>,
): string | null {
  const wrong = Object.keys(labels).filter((name): name is Name => name in fields);
  const named = [...new Set(wrong.map((name) => labels[name]))];
  return named.length ? `Look again at ${new Intl.ListFormat("en").format(named)}` : null;
}

/** What happened; the hub's detail of what is not valid only lists pointers, so others say that. */
function whatHappened(error: unknown): string {
  if (!(error instanceof HubProblem) || error.status >= 500) return sentence(error);
  if (BETTER_SAID.has(error.code) || [401, 429].includes(error.status)) return sentence(error);
  return error.errors.length && error.message.startsWith("Not valid: ")
    ? "The hub does not take this:"
    : error.message;
}

function otherOf(fault: Fault): string {
  const name = namedBy(fault.pointer);
  return name ? `${name}: ${withSuggestion(fault)}` : sentenceOf(fault);
}

/** A fault as a sentence: `must be …` of the hub has no subject and no full stop. */
function sentenceOf(fault: Fault): string {
  const said = withSuggestion(fault);
  const whole = /^(must|is) /.test(said) ? `It ${said}` : said;
  return whole.endsWith(".") ? whole : `${whole}.`;
}

function withSuggestion({ detail, suggestion }: Fault): string {
  return suggestion ? `${detail.replace(/\.$/, "")} (${suggestion})` : detail;
}

function joined(one: string | undefined, other: string): string {
  return one && !one.includes(other) ? `${one} ${other}` : other;
}
