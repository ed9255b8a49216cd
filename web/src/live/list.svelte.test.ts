import { expect, test } from "vitest";
import { ticket } from "../test/samples.ts";
import { TicketList } from "./list.svelte.ts";
import { emptyState } from "./state.ts";

const at = (minute: number): string => `2026-11-22T08:${String(minute).padStart(2, "0")}:00.000Z`;

function listOf(...minutes: number[]): TicketList {
  const list = new TicketList(emptyState("me"), () => undefined);
  for (const minute of minutes) list.place({ before: undefined, after: ticket(`t-${minute}`, { waiting_since: at(minute) }) });
  list.draw();
  return list;
}

function comes(list: TicketList, minute: number): void {
  list.place({ before: undefined, after: ticket(`t-${minute}`, { waiting_since: at(minute) }) });
  list.draw();
}

test("rows appear in their place while no hand is on the list", () => {
  const list = listOf(2, 4);
  comes(list, 3);
  expect(list.shown).toEqual(["t-2", "t-3", "t-4"]);
});

test("under a hand no row moves, and what is new is counted", () => {
  const list = listOf(2, 4);
  list.hold(true);
  comes(list, 3);
  expect(list.shown).toEqual(["t-2", "t-4"]);
  expect(list.fresh).toBe(1);
});

test("what comes behind the last row is drawn even under a hand", () => {
  const list = listOf(2, 4);
  list.hold(true);
  comes(list, 9);
  expect(list.shown).toEqual(["t-2", "t-4", "t-9"]);
  expect(list.fresh).toBe(0);
});

test("a row that leaves stays where it is, marked as gone, until the hand leaves", () => {
  const list = listOf(2, 4);
  list.hold(true);
  const before = ticket("t-2", { waiting_since: at(2) });
  list.place({ before, after: { ...before, state: "solved", version: 2 } });
  list.draw();
  expect(list.shown).toEqual(["t-2", "t-4"]);
  expect(list.gone("t-2")).toBe(true);
  list.hold(false);
  expect(list.shown).toEqual(["t-4"]);
});

test("asking for the new rows shows them at once", () => {
  const list = listOf(2, 4);
  list.hold(true);
  comes(list, 1);
  list.release();
  expect(list.shown).toEqual(["t-1", "t-2", "t-4"]);
  expect(list.fresh).toBe(0);
});
