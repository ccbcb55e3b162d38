import type { RecipeUpdate, Visibility } from "../../hub/recipe_changes.ts";
import type { Recipe } from "../../hub/recipe_page.ts";

/** What a person fills in about a recipe. */
export interface About {
  title: string;
  description: string;
  /** Words between commas or spaces. */
  tags: string;
  domains: string;
  licence: string;
  visibility: Visibility;
}

export function aboutOf(recipe: Recipe): About {
  const { title, description, visibility } = recipe;
  const [tags, domains] = [recipe.tags.join(", "), recipe.domains.join(", ")];
  return { title, description, tags, domains, licence: recipe.licence ?? "", visibility };
}

/** What has to be changed to say what a person has filled in. */
export function changesTo(recipe: Recipe, about: About): RecipeUpdate {
  const wanted: RecipeUpdate = {
    title: about.title.trim(),
    description: about.description,
    tags: words(about.tags),
    domains: words(about.domains),
    licence: about.licence.trim() || null,
    visibility: about.visibility,
  };
  const changed = Object.entries(wanted).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(recipe[name as keyof Recipe]),
  );
  return Object.fromEntries(changed);
}

/** Words between commas or spaces, each once. */
export function words(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}
