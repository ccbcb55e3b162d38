import type { Answer, Operations } from "@mergehub/client";
import { hub } from "./hub.ts";

export type Recommendations = Answer<"get", "/v1/recommendations">;
export type Recommendation = Recommendations["items"][number];
export type Wanted = Operations["recommend"]["parameters"]["query"];
export type Domain = NonNullable<Wanted["domain"]>;

export const DOMAINS: readonly Domain[] = [
  "maths",
  "code",
  "reasoning",
  "knowledge",
  "instruction-following",
  "truthfulness",
  "languages",
];

export function readRecommendations(query: Wanted, signal: AbortSignal): Promise<Recommendations> {
  return hub.get("/v1/recommendations", { params: { query }, signal });
}
