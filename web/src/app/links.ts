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

/** The address of the page of a version of a recipe. */
export function versionAddress(owner: string, name: string, number: number): string {
  return `${recipeAddress(owner, name)}?${new URLSearchParams({ version: String(number) })}`;
}

/** The address of a search for recipes. */
export function searchAddress(q: string): string {
  return q ? `/recipes?${new URLSearchParams({ q })}` : "/recipes";
}

/** The address of the recipes that are like one. */
export function similarAddress(owner: string, name: string): string {
  return `/recipes?${new URLSearchParams({ like: `${owner}/${name}` })}`;
}

/** The address of the page of a run. */
export function runAddress(id: string): string {
  return `/runs/${encodeURIComponent(id)}`;
}

/** The address of the runs of a recipe, with the form of a new one, by the id of a version. */
export function runsOfAddress(version: string): string {
  return `/runs?${new URLSearchParams({ recipe: version })}`;
}

/** Where a recipe is published: a new one, a fork of one, or the next version of one. */
export function publishAddress(from: { fork?: string; "version-of"?: string } = {}): string {
  const query = new URLSearchParams(from);
  return query.size ? `/publish?${query}` : "/publish";
}
