/** The URL is the state of the screen; links are followed without leaving the page. */
import type { Filter } from "../live/view.ts";
import { filterOf, type Route, routeOf } from "./routes.ts";

export { listHref, type Route, ticketHref } from "./routes.ts";

class Router {
  #url = $state.raw(new URL(location.href));
  readonly route: Route = $derived(routeOf(this.#url.pathname, this.#url.hash));
  readonly #search = $derived(filterOf(this.#url.pathname, this.#url.searchParams));

  get filter(): Filter {
    return this.#search;
  }

  get path(): string {
    return this.#url.pathname;
  }

  start(): void {
    addEventListener("popstate", this.#read);
    addEventListener("hashchange", this.#read);
    document.addEventListener("click", (event) => this.#follow(event));
  }

  go(href: string, replace = false): void {
    if (replace) history.replaceState(null, "", href);
    else if (href !== location.pathname + location.search) history.pushState(null, "", href);
    this.#read();
  }

  readonly #read = (): void => {
    this.#url = new URL(location.href);
  };

  /** Links are links (they open in tabs, they can be copied); a plain click on one stays in the page. */
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
      return;
    const anchor = (event.target as Element | null)?.closest?.("a");
    if (anchor === null || anchor === undefined || anchor.target !== "" || anchor.hasAttribute("download")) return;
    if (anchor.origin !== location.origin || !/^\/(q|t|board|settings|welcome)(\/|$)/.test(anchor.pathname)) return;
    event.preventDefault();
    this.go(anchor.pathname + anchor.search);
  }
}

export const router = new Router();
