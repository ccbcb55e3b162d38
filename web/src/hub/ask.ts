import { hub } from "./hub.ts";

export function ask<T>(path: string, params: object, signal?: AbortSignal): Promise<T> {
  const get = hub.get as unknown as (path: string, init: object) => Promise<T>;
  return get(path, { params, ...(signal && { signal }) });
}
