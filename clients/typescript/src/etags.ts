const tags = new WeakMap<object, string>();

/** Keep the `ETag` that came with a body. */
export function remember(body: unknown, response: Response): void {
  const tag = response.headers.get("ETag");
  if (tag !== null && typeof body === "object" && body !== null) tags.set(body, tag);
}

/** The `ETag` of something that this client read. */
export function etag(read: object): string {
  const tag = tags.get(read);
  if (tag === undefined) throw new TypeError("This object has no ETag: pass the one that a call returned, not a copy.");
  return tag;
}

/** The header that allows a change only if nothing changed since the read; else the hub answers 412. */
export function ifMatch(read: object): { "If-Match": string } {
  return { "If-Match": etag(read) };
}

/** The header that reads a thing only if it changed since the last read; else the hub answers 304. */
export function ifNoneMatch(read: object): { "If-None-Match": string } {
  return { "If-None-Match": etag(read) };
}
