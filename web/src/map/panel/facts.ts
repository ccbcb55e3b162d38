import { points, short } from "../../app/words.ts";
import type { ModelDetail } from "../../hub/models.ts";

export interface Fact {
  term: string;
  text: string;
}

/** What is known of a model, in the order in which people ask. */
export function factsOf(model: ModelDetail): Fact[] {
  const former = model.names.map(({ name }) => name).filter((name) => name !== model.name);
  const facts: [string, string | null | undefined][] = [
    ["Architecture", model.architecture],
    ["Parameters", model.parameters ? short(model.parameters) : null],
    ["Tokenizer", model.tokenizer],
    ["Licence", model.licence],
    ["Domains", model.domains.join(", ")],
    ["Made on", model.made_on],
    ["Score", model.score === null ? null : `${points(model.score)} of 100`],
    ["Uplift", model.uplift === null ? null : `${points(model.uplift, true)} over the best parent`],
    ["Known from", model.source],
    ["Former names", former.join(", ")],
    ["Digest", model.revisions.at(-1)?.digest],
  ];
  return facts.flatMap(([term, text]) => (text ? [{ term, text }] : []));
}
