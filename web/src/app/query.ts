type Value = string | number | boolean | readonly string[] | null;

/** An address of these pages with a state, without what is as at first. */
export function addressWith<State extends object>(
  path: string,
  state: NoInfer<State>,
  first: Readonly<State>,
): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(state) as [keyof State & string, Value][]) {
    if (Array.isArray(value)) for (const each of value) query.append(key, each);
    else if (value !== null && value !== first[key]) query.set(key, String(value));
  }
  return query.size ? `${path}?${query}` : path;
}

/** The value that a text is one of, or else the first one. */
export function oneOf<T extends string>(all: readonly T[], text: string | null, first: T): T {
  return all.find((each) => each === text) ?? first;
}

/** A day such as `2026-11-29`; null for a text that is none. */
export function asDay(text: string | null): string | null {
  const day = text !== null && /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(day) ? null : text;
}

/** A number that is not negative, such as `7.5`; null for a text that is none. */
export function asNumber(text: string | null): number | null {
  return text !== null && /^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : null;
}

/** Yes or no; null for a text that is neither. */
export function asFlag(text: string | null): boolean | null {
  return text === "true" ? true : text === "false" ? false : null;
}
