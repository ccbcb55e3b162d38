export { etag, ifMatch, ifNoneMatch } from "./etags.js";
export { type FollowOptions, isFinal } from "./follow.js";
export { type HubOptions, Mergehub } from "./hub.js";
export { HubProblem } from "./problem.js";
export type { Fetch } from "./retries.js";
export type * from "./types.js";
