import { hub } from "./hub.ts";
import { type ModelDetail, readModel } from "./models.ts";

/** What lineage knows of the model with a name; null if it knows none. */
export async function readNamed(name: string, signal: AbortSignal): Promise<ModelDetail | null> {
  const query = { name, limit: 1 };
  const { items } = await hub.get("/v1/models", { params: { query }, signal });
  return items[0] ? readModel(items[0].id, signal) : null;
}
