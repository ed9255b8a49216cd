import { expect, test } from "vitest";
import { message } from "../../test/samples.ts";
import { byBranch, byTime, type Item } from "./arrange.ts";
import { parts } from "./links.ts";

function shape(items: Item[]): string[] {
  return items.map((item) => (item.kind !== "message" ? item.kind : `${"-".repeat(item.depth)}${item.message.id}`));
}

test("a day is named once, before its first message", () => {
  const items = byTime([
    message("a", 1, { at: "2026-11-20T10:00:00Z" }),
    message("b", 2, { at: "2026-11-20T11:00:00Z" }),
    message("c", 3, { at: "2026-11-22T10:00:00Z" }),
  ]);
  expect(shape(items)).toEqual(["day", "a", "b", "day", "c"]);
});

test("what one person says in one breath stands together, a note never", () => {
  const items = byTime([
    message("a", 1, { at: "2026-11-20T10:00:00Z" }),
    message("b", 2, { at: "2026-11-20T10:01:00Z" }),
    message("c", 3, { at: "2026-11-20T10:02:00Z", kind: "note", direction: "internal" }),
    message("d", 4, { at: "2026-11-20T10:30:00Z" }),
  ]);
  const together = items.filter((item) => item.kind === "message" && item.follows).map(({ key }) => key);
  expect(together).toEqual(["b"]);
});

test("an answer stands under its comment, whatever was said in between", () => {
  const items = byBranch([
    message("a", 1, { external_id: "x-1" }),
    message("b", 2, { external_id: "x-2" }),
    message("c", 3, { external_id: "x-3", parent_external_id: "x-1" }),
    message("d", 4, { parent_external_id: "x-3" }),
  ]);
  expect(shape(items)).toEqual(["a", "-c", "--d", "b"]);
});

test("an answer to a comment that is not loaded stands by itself", () => {
  expect(shape(byBranch([message("a", 5, { parent_external_id: "gone" })]))).toEqual(["a"]);
});

test("comments that answer each other do not go round in a circle", () => {
  const circle = [
    message("a", 1, { external_id: "x-1", parent_external_id: "x-2" }),
    message("b", 2, { external_id: "x-2", parent_external_id: "x-1" }),
  ];
  expect(shape(byBranch(circle))).toEqual(["a", "-b"]);
});

test("an address is a link without the full stop behind it", () => {
  expect(parts("See https://crowd.example/p/1. Thanks")).toEqual([
    { text: "See " },
    { text: "https://crowd.example/p/1", href: "https://crowd.example/p/1" },
    { text: ". Thanks" },
  ]);
});

test("no address but http and https becomes a link", () => {
  expect(parts("javascript:alert(1)")).toEqual([{ text: "javascript:alert(1)" }]);
});

function line(id: string, seq: number, move: string) {
  return message(id, seq, {
    event: { name: "moved_to", ticket_id: "t-2", number: 2, count: 3, move_id: move, reason: null, undone: false },
  });
}

test("several messages of one move are told once, and end what was said in one breath", () => {
  const items = byTime([line("a", 1, "m1"), line("b", 2, "m1"), message("c", 3), line("d", 4, "m1"), line("e", 5, "m2")]);
  expect(items.filter((item) => item.kind === "line").map((item) => item.count)).toEqual([2, 1, 1]);
});
