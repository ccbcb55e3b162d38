import { routeOf } from "./routes.ts";

/** The address of the page: all state that matters is in it. */
class Address {
  #url = $state.raw(new URL(location.href));
  /** How many addresses of ours lie before this one in the window's history. */
  #depth = $state(0);

  constructor() {
    addEventListener("popstate", (event) => {
      this.#url = new URL(location.href);
      this.#depth = depthOf(event.state);
    });
    this.#depth = depthOf(history.state);
  }

  get href(): string {
    return this.#url.href;
  }

  get path(): string {
    return this.#url.pathname;
  }

  get query(): URLSearchParams {
    return this.#url.searchParams;
  }

  get canGoBack(): boolean {
    return this.#depth > 0;
  }

  /** Goes to another address of these pages, if it is one; `replace` leaves no way back to this one. */
  go(href: string, { replace = false } = {}): boolean {
    const url = new URL(href, this.#url);
    if (url.href === this.#url.href) return false;
    const moved = url.pathname !== this.#url.pathname;
    this.#depth += replace ? 0 : 1;
    history[replace ? "replaceState" : "pushState"]({ depth: this.#depth }, "", url);
    this.#url = url;
    if (moved) scrollTo(0, 0);
    return true;
  }

  back(): void {
    history.back();
  }
}

function depthOf(state: unknown): number {
  const depth = (state as { depth?: unknown } | null)?.depth;
  return typeof depth === "number" ? depth : 0;
}

export const address = new Address();

/** Follows a link between these pages without loading anything again. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element).closest("a"); // of HTML, or of a picture
  if (!link || link.hasAttribute("target") || link.hasAttribute("download")) return;
  const url = new URL(link.getAttribute("href") ?? "", location.href);
  if (url.origin !== location.origin || url.hash || !routeOf(url.pathname)) return;
  event.preventDefault();
  address.go(url.href);
}
