import { ROUTES } from "../app/routes.ts";

export interface Place {
  path: string;
  title: string;
}

const placeOf = (path: string): Place => ({ path, title: ROUTES[path]?.title ?? path });

/** The pages that are about models and their results; they share an entry, and have a row of their own. */
export const OF_MODELS: readonly Place[] = [
  "/boards",
  "/models",
  "/uplift",
  "/compare",
  "/recommend",
  "/import",
].map(placeOf);

/** The entries of the navigation. The name leads to the start page, and buttons to the others. */
export const PLACES: readonly Place[] = ["/recipes", "/map", "/boards", "/runs"].map(placeOf);

/** Whether a page is the one of an entry (`page`), or belongs to it (`true`). */
export function here(entry: string, path: string): "page" | "true" | undefined {
  if (path === entry) return "page";
  const grouped = entry === "/boards" && isOfModels(path);
  return grouped || path.startsWith(`${entry}/`) ? "true" : undefined;
}

/** Whether a page has the row of the pages about models. */
export function isOfModels(path: string): boolean {
  return OF_MODELS.some((place) => place.path === path);
}
