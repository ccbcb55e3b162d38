import type { Recipe } from "../../hub/recipe_page.ts";

/** A command of the shell, and what it does. */
export interface Command {
  label: string;
  text: string;
}

/** What one does with a version of a recipe in a shell; docs/shell.md explains each command. */
export function commandsOf(
  { owner, name }: Pick<Recipe, "owner" | "name">,
  number: number,
): Command[] {
  const named = `${owner}/${name}@${number}`;
  return [
    { label: "Show it", text: `mergehub show ${named}` },
    {
      label: "Let a worker of this hub merge by it",
      text: `mergehub submit ${named} --name me/${name} --follow`,
    },
    {
      label: "Merge by it on your machine",
      text: `mergehub export ${named} --as yaml -o ${name}.yml && mergehub merge ${name}.yml ${name}`,
    },
    { label: "Make it your own", text: `mergehub fork ${named} --name my-${name}` },
  ];
}
