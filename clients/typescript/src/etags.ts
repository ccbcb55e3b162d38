const tags = new WeakMap<object, string>();

/** Keep the `ETag` that came with a body. */
export function remember(body: unknown, response: Response): void {
  const tag = response.headers.get("ETag");
  if (tag !== null && typeof body === "object" && body !== null) tags.set(body, tag);
}

/** Returns the `ETag` of a body that this client read. */
export function etag(read: object): string {
  const tag = tags.get(read);
  if (tag === undefined) throw new TypeError("The object has no ETag: pass the object that the client returned, not a copy.");
  return tag;
}

/** Returns the header for a change: the hub answers 412 if another change came first. */
export function ifMatch(read: object): { "If-Match": string } {
  return { "If-Match": etag(read) };
}

/** Returns the header for a read: if nothing has changed since, the hub answers 304. */
export function ifNoneMatch(read: object): { "If-None-Match": string } {
  return { "If-None-Match": etag(read) };
}
