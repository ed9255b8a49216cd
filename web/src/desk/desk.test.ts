import { expect, test } from "vitest";
import { everything } from "../live/view.ts";
import { emptyCall, handCall, localNow } from "./compose/calls.ts";
import { Drafts } from "./compose/drafts.ts";
import { filterOf, listHref, routeOf, ticketHref } from "./routes.ts";
import { keyFrom } from "./settings/campaigns/keys.ts";

test.each([
  ["/", "", { name: "list" }],
  ["/q/mine", "", { name: "list" }],
  ["/t/abc", "", { name: "ticket", id: "abc" }],
  ["/settings/inboxes/new-chat", "", { name: "settings", page: "inboxes", id: "new-chat" }],
  ["/", "#/setup/tok-en", { name: "setup", token: "tok-en" }],
  ["/q/queue", "#/link/tok", { name: "link", token: "tok" }],
])("%s%s leads to %o", (path, hash, route) => {
  expect(routeOf(path, hash)).toEqual(route);
});

test("a filter survives the way through a ticket's address and back", () => {
  const filter = { ...everything, view: "mine" as const, channel: "chat", q: "pay out", sort: "newest" as const };
  const [path, query] = ticketHref("t-1", filter).split("?");
  expect(filterOf(path ?? "", new URLSearchParams(query))).toEqual(filter);
  const [list, rest] = listHref(filter).split("?");
  expect(filterOf(list ?? "", new URLSearchParams(rest))).toEqual(filter);
});

test("an unknown view is the queue", () => {
  expect(filterOf("/q/nonsense", new URLSearchParams()).view).toBe("queue");
});

test("a draft belongs to one manager, one ticket and one kind", () => {
  const kept = new Map<string, string>();
  const store = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const mine = new Drafts(store, "me");
  mine.put("t-1", "reply", "Dear Maria");
  expect(mine.get("t-1", "reply")).toBe("Dear Maria");
  expect(mine.get("t-1", "note")).toBe("");
  expect(new Drafts(store, "other").get("t-1", "reply")).toBe("");
  mine.put("t-1", "reply", "  ");
  expect(kept.size).toBe(0);
});

test("a call that nobody took has no length", () => {
  const call = { ...emptyCall(new Date("2026-11-22T08:00:00Z")), minutes: 3 };
  expect(handCall(call).duration).toBe(180);
  expect(handCall({ ...call, outcome: "no_answer" }).duration).toBe(0);
});

test("a local time comes back as the moment that it was", () => {
  const now = new Date("2026-11-22T08:30:00Z");
  expect(handCall({ ...emptyCall(now), at: localNow(now) }).at).toBe("2026-11-22T08:30:00.000Z");
});

test("a key is made of a name's letters", () => {
  expect(keyFrom("Solardach für die Grundschule!")).toBe("solardach-fuer-die-grundschule");
});
