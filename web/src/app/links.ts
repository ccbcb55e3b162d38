/** The address of a model on the map. */
export function mapAddress(id: string): string {
  return `/map?${new URLSearchParams({ focus: id })}`;
}

/** The address of the page of a model's results. */
export function modelAddress(model: string): string {
  return `/models?${new URLSearchParams({ model })}`;
}

/** The address of a board, sorted and filtered as at first. */
export function boardAddress(board: string): string {
  return `/boards?${new URLSearchParams({ board })}`;
}

/** The address of a comparison of models. */
export function compareAddress(models: readonly string[]): string {
  return `/compare?${new URLSearchParams(models.map((model) => ["model", model]))}`;
}

/** The address of the page of a recipe. */
export function recipeAddress(owner: string, name: string): string {
  return `/recipes/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
}

/** The address of a search for recipes. */
export function searchAddress(q: string): string {
  return `/recipes?${new URLSearchParams({ q })}`;
}

/** The address of the page of a run. */
export function runAddress(id: string): string {
  return `/runs/${encodeURIComponent(id)}`;
}
