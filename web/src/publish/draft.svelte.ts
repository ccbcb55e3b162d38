import { namesIn } from "../app/names.ts";
import type { ForkWanted, Recipe, RecipeWanted, Visibility } from "../hub/publishing.ts";

/** What is filled in to publish a recipe. */
export interface Filled {
  text: string;
  owner: string;
  name: string;
  title: string;
  description: string;
  tags: string;
  domains: string;
  licence: string;
  visibility: Visibility;
}

/** The fields of the form beside the recipe, as the page labels them. */
export const LABELS = {
  owner: "Owner",
  name: "Name",
  title: "Title",
  licence: "Licence",
  tags: "Tags",
  domains: "Domains",
  description: "Description",
  visibility: "Who sees it",
} as const;

export const BLANK: Readonly<Filled> = {
  text: "",
  owner: "",
  name: "",
  title: "",
  description: "",
  tags: "",
  domains: "",
  licence: "",
  visibility: "public",
};

/** What a fork or a next version begins with. */
export function filledFrom(recipe: Recipe, text: string): Filled {
  const { name, title, description, tags, domains, licence, visibility } = recipe;
  return {
    text,
    owner: "",
    name,
    title,
    description,
    tags: tags.join(", "),
    domains: domains.join(", "),
    licence: licence ?? "",
    visibility,
  };
}

/** A draft: kept in this window until it is published, also across a reload. */
export class Draft {
  filled = $state<Filled>({ ...BLANK });
  /** Whether an earlier draft was found in this window. */
  readonly restored: boolean;
  readonly #key: string;
  readonly #begin: Readonly<Filled>;

  constructor(key: string, begin: Readonly<Filled>) {
    this.#key = `mergehub-draft:${key}`;
    this.#begin = begin;
    const kept = read(this.#key);
    this.restored = kept !== null && differ(kept, begin);
    this.filled = { ...begin, ...kept };
    $effect(() => {
      const now = $state.snapshot(this.filled);
      if (differ(now, begin)) sessionStorage.setItem(this.#key, JSON.stringify(now));
      else sessionStorage.removeItem(this.#key);
    });
  }

  /** Whether something would be lost. */
  get changed(): boolean {
    return differ(this.filled, this.#begin);
  }

  /** Goes back to where it began; nothing is kept any more. */
  discard(): void {
    this.filled = { ...this.#begin };
    sessionStorage.removeItem(this.#key);
  }
}

function read(key: string): Partial<Filled> | null {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? "null");
    return typeof kept === "object" ? kept : null;
  } catch {
    return null; // written by another version of these pages
  }
}

function differ(one: Partial<Filled>, other: Readonly<Filled>): boolean {
  const fields = Object.keys(BLANK) as (keyof Filled)[];
  return fields.some(
    (field) => field !== "owner" && one[field] !== undefined && one[field] !== other[field],
  );
}

/** The request that publishes what is filled in. */
export function wantedOf(filled: Filled): RecipeWanted {
  return { ...saidOf(filled), title: filled.title.trim() || null, recipe: filled.text };
}

/** The request that forks a recipe with what is filled in; the text is another request. */
export function forkWantedOf(filled: Filled): ForkWanted {
  return { ...saidOf(filled), title: filled.title.trim() || filled.name };
}

function saidOf({ name, owner, visibility, description, tags, domains, licence }: Filled) {
  return {
    name,
    owner: owner || null,
    visibility,
    description,
    tags: namesIn(tags),
    domains: namesIn(domains),
    licence: licence.trim() || null,
  };
}
