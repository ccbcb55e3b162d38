import type { Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";
import type { Ask } from "./pages.ts";

export type Comment = Schemas["Comment"];

const A_PAGE = 50;

/** The comments on a recipe, thread by thread. */
export function commentsOn(recipe: string): Ask<Comment> {
  return (cursor, signal) => {
    const query = { limit: A_PAGE, ...(cursor && { cursor }) };
    const params = { path: { recipe_id: recipe }, query };
    return hub.get("/v1/recipes/{recipe_id}/comments", { params, signal });
  };
}

export function addComment(recipe: string, text: string, parent: number | null): Promise<Comment> {
  const params = { path: { recipe_id: recipe } };
  return hub.post("/v1/recipes/{recipe_id}/comments", { params, body: { text, parent } });
}

export function editComment(recipe: string, number: number, text: string): Promise<Comment> {
  const params = { path: { recipe_id: recipe, number } };
  return hub.patch("/v1/recipes/{recipe_id}/comments/{number}", { params, body: { text } });
}

export async function removeComment(recipe: string, number: number): Promise<void> {
  const params = { path: { recipe_id: recipe, number } };
  await hub.delete("/v1/recipes/{recipe_id}/comments/{number}", { params });
}
