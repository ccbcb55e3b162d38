import type { Component } from "svelte";

export interface Route {
  /** The name in the navigation and in the window's title. */
  title: string;
  page: () => Promise<{ default: Component }>;
}

/** The pages by their addresses. `mergehub.contracts.services.PAGES` has the same addresses. */
export const ROUTES: Readonly<Record<string, Route>> = {
  "/": { title: "Start", page: () => import("../pages/Start.svelte") },
  "/map": { title: "Map", page: () => import("../pages/Map.svelte") },
  "/boards": { title: "Boards", page: () => import("../pages/Boards.svelte") },
  "/models": { title: "Models", page: () => import("../pages/Models.svelte") },
  "/uplift": { title: "Uplift", page: () => import("../pages/Uplift.svelte") },
  "/compare": { title: "Compare", page: () => import("../pages/Compare.svelte") },
  "/recommend": { title: "Recommend", page: () => import("../pages/Recommend.svelte") },
  "/import": { title: "Import", page: () => import("../pages/Import.svelte") },
  "/recipes": { title: "Recipes", page: () => import("../pages/Recipes.svelte") },
  "/publish": { title: "Publish", page: () => import("../pages/Publish.svelte") },
  "/runs": { title: "Runs", page: () => import("../pages/Runs.svelte") },
  "/account": { title: "Account", page: () => import("../pages/Account.svelte") },
};

/** The pages of what a page lists, such as `/recipes/ann/soup`. `FOLDERS` has the same. */
const BELOW: Readonly<Record<string, Route>> = {
  "/recipes/*": { title: "Recipe", page: () => import("../pages/Recipe.svelte") },
  "/runs/*": { title: "Run", page: () => import("../pages/Run.svelte") },
};

export function routeOf(path: string): Route | undefined {
  if (Object.hasOwn(ROUTES, path)) return ROUTES[path];
  const [, folder] = path.split("/", 2);
  return path.length > `/${folder}/`.length ? BELOW[`/${folder}/*`] : undefined;
}

/** What comes after the folder in the address of a page below one, as `["ann", "soup"]`. */
export function placeBelow(path: string): string[] {
  return path.split("/").slice(2).filter(Boolean).map(decoded);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // a lone percent sign
  }
}
