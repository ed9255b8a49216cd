/** What an address means, and how one is made: which list, which ticket, which filter. One-time tokens live in the fragment. */
import type { ViewName } from "../api/types.ts";
import { everything, type Filter, type Sort } from "../live/view.ts";

export type Route =
  | { name: "list" }
  | { name: "ticket"; id: string }
  | { name: "settings"; page: string; id: string | null }
  | { name: "board" }
  | { name: "welcome" }
  | { name: "consent" }
  | { name: "setup"; token: string }
  | { name: "link"; token: string };

const VIEWS: ReadonlySet<string> = new Set<ViewName>(["queue", "mine", "unassigned", "thank", "nothing", "spam", "waiting", "snoozed", "solved", "all"]);

function isView(name: string | null | undefined): name is ViewName {
  return name != null && VIEWS.has(name);
}

export function routeOf(path: string, hash: string): Route {
  const [, kind, token] = /^#\/(setup|link)\/(.+)$/.exec(hash) ?? [];
  if (token !== undefined) return { name: kind === "setup" ? "setup" : "link", token };
  const [first, second, third] = path.split("/").filter(Boolean);
  if (first === "t" && second !== undefined) return { name: "ticket", id: second };
  if (first === "settings") return { name: "settings", page: second ?? "profile", id: third ?? null };
  if (first === "board") return { name: "board" };
  if (first === "welcome") return { name: "welcome" };
  if (first === "oauth" && second === "callback") return { name: "consent" };
  return { name: "list" };
}

/** The list that stands beside everything: from the path of a list, from the query elsewhere. */
export function filterOf(path: string, query: URLSearchParams): Filter {
  const [first, second] = path.split("/").filter(Boolean);
  const named = first === "q" ? second : query.get("view");
  return {
    view: isView(named) ? named : everything.view,
    inbox: query.get("inbox"),
    campaign: query.get("campaign"),
    channel: query.get("channel"),
    q: query.get("q") ?? "",
    sort: query.get("sort") === "newest" ? "newest" : "due",
  };
}

function queryOf(filter: Filter): URLSearchParams {
  const query = new URLSearchParams();
  const { inbox, campaign, channel, q, sort } = filter;
  for (const [name, value] of Object.entries({ inbox, campaign, channel, q }))
    if (value !== null && value !== "") query.set(name, value);
  if (sort !== ("due" satisfies Sort)) query.set("sort", sort);
  return query;
}

function withQuery(path: string, query: URLSearchParams): string {
  return query.size > 0 ? `${path}?${query}` : path;
}

export function listHref(filter: Filter): string {
  return withQuery(`/q/${filter.view}`, queryOf(filter));
}

export function ticketHref(id: string, filter: Filter): string {
  const query = queryOf(filter);
  if (filter.view !== everything.view) query.set("view", filter.view);
  return withQuery(`/t/${id}`, query);
}
