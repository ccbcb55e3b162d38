import type { Answer, Schemas } from "@mergehub/client";
import { hub } from "./hub.ts";

export type Named = Schemas["Named"];
export type Parent = Schemas["Neighbour"];
export type Shares = Schemas["Shares"];
export type Licences = Answer<"get", "/v1/models/{model_id}/licences">;
export type Contamination = Schemas["Contamination"];

/** What a model inherits from the models that it was made from. */
export interface Inheritance {
  parents: Parent[];
  shares: Shares;
  licences: Licences;
  contamination: Contamination;
}

const PARENTS = 50;

export async function readInheritance(id: string, signal: AbortSignal): Promise<Inheritance> {
  const of = { params: { path: { model_id: id } }, signal };
  const some = { params: { ...of.params, query: { limit: PARENTS } }, signal };
  const [parents, shares, licences, contamination] = await Promise.all([
    hub.get("/v1/models/{model_id}/parents", some),
    hub.get("/v1/models/{model_id}/shares", of),
    hub.get("/v1/models/{model_id}/licences", of),
    hub.get("/v1/models/{model_id}/contamination", of),
  ]);
  return { parents: parents.items, shares, licences, contamination };
}
