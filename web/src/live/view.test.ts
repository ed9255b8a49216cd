import { describe, expect, test } from "vitest";
import type { Ticket } from "../api/types.ts";
import { ticket } from "../test/samples.ts";
import { everything, matches, View } from "./view.ts";

const ME = "me";
const at = (minute: number): string => `2026-11-22T08:${String(minute).padStart(2, "0")}:00.000Z`;

function filled(...tickets: Ticket[]): View {
  const view = new View(everything, ME);
  view.addPage(tickets, null);
  return view;
}

describe("order", () => {
  test("what is due next stands first, then the longest waiting", () => {
    const view = filled(
      ticket("late", { waiting_since: at(5) }),
      ticket("early", { waiting_since: at(1) }),
      ticket("later", { due_at: at(30), waiting_since: at(2) }),
      ticket("due", { due_at: at(20), waiting_since: at(9) }),
    );
    expect(view.ids).toEqual(["due", "later", "early", "late"]);
  });

  test("one that waits for nothing stands last", () => {
    const view = filled(ticket("answered", { waiting_since: null }), ticket("waits", { waiting_since: at(9) }));
    expect(view.ids).toEqual(["waits", "answered"]);
  });

  test("a new message of somebody who waits already does not move the row", () => {
    const first = ticket("a", { waiting_since: at(1) });
    const view = filled(first, ticket("b", { waiting_since: at(2) }));
    expect(view.change(first, { ...first, last_line: "Hello?", updated_at: at(8), version: 2 })).toBe(false);
  });

  test("by the newest, the row that changed last is first", () => {
    const view = new View({ ...everything, sort: "newest" }, ME);
    view.addPage([ticket("a", { updated_at: at(1) }), ticket("b", { updated_at: at(2) })], null);
    view.change(undefined, ticket("a", { updated_at: at(3), version: 2 }));
    expect(view.ids).toEqual(["a", "b"]);
  });
});

describe("changes", () => {
  test("a solved ticket leaves the queue", () => {
    const open = ticket("a");
    const view = filled(open, ticket("b"));
    expect(view.change(open, { ...open, state: "solved", version: 2 })).toBe(true);
    expect(view.ids).toEqual(["b"]);
  });

  test("a row that moved is found although its place is not where it was", () => {
    const view = filled(ticket("a", { waiting_since: at(1) }), ticket("b", { waiting_since: at(2) }));
    view.change(undefined, ticket("a", { waiting_since: at(3), version: 2 }));
    expect(view.ids).toEqual(["b", "a"]);
  });

  test("what stands behind the loaded pages is left to the next page", () => {
    const view = new View(everything, ME);
    view.addPage([ticket("a", { waiting_since: at(1) })], "cursor");
    expect(view.change(undefined, ticket("z", { waiting_since: at(9) }))).toBe(false);
    expect(view.ids).toEqual(["a"]);
  });

  test("a page that repeats rows makes no doubles", () => {
    const view = filled(ticket("a"), ticket("b"));
    view.addPage([ticket("b"), ticket("c")], null);
    expect(view.ids).toEqual(["a", "b", "c"]);
  });

  test("a thousand random changes leave the order that sorting gives", () => {
    const random = numbers(7);
    const view = new View(everything, ME);
    const known = new Map<string, Ticket>();
    for (let n = 0; n < 1_000; n++) {
      const id = `t-${random(60)}`;
      const before = known.get(id);
      const after = ticket(id, {
        version: n,
        due_at: random(5) === 0 ? null : at(random(60)),
        waiting_since: random(5) === 0 ? null : at(random(60)),
        state: random(3) === 0 ? "solved" : "open",
      });
      known.set(id, after);
      view.change(before, after);
    }
    expect(view.ids).toEqual(filled(...[...known.values()].filter(({ state }) => state === "open")).ids);
  });
});

describe("filters", () => {
  test.each([
    [{ channel: "chat" }, false],
    [{ campaign: "unsorted" }, false],
    [{ campaign: "solar" }, true],
    [{ inbox: "inbox-2" }, false],
    [{ q: "keller ship" }, true],
    [{ q: "#1" }, true],
    [{ q: "payout" }, false],
  ])("%o finds it: %s", (part, expected) => {
    expect(matches({ ...everything, ...part }, ticket("a", { campaign_id: "solar" }), ME)).toBe(expected);
  });

  test("what the server found by an address stays found", () => {
    const view = new View({ ...everything, q: "maria@example.org" }, ME);
    const found = ticket("a");
    view.addPage([found], null);
    view.change(found, { ...found, version: 2, last_line: "again" });
    expect(view.ids).toEqual(["a"]);
  });
});

function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}
