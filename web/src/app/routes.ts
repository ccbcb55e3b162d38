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
};

export function routeOf(path: string): Route | undefined {
  return Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
}
