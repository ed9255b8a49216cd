import { expect, test } from "vitest";
import type { Waiting } from "./outbox.svelte.ts";
import { keep, left, seen } from "./unsent.ts";

class Memory {
  readonly #values = new Map<string, string>();
  getItem = (key: string): string | null => this.#values.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.#values.set(key, value);
  removeItem = (key: string): void => void this.#values.delete(key);
}

const waiting: Waiting = {
  key: "k-1",
  by: "m-1",
  ticket: "t-1",
  body: { kind: "reply", text: "Bald!", last_seen: 3 },
  at: "2026-03-23T09:00:00Z",
  problem: null,
};

test("what was not sent is there after a reload, under the same key and marked", () => {
  const store = new Memory();
  keep(store, [waiting]);

  expect(left(store)).toEqual([{ ...waiting, problem: "" }]);
});

test("what was sent leaves nothing behind", () => {
  const store = new Memory();
  keep(store, [waiting]);
  keep(store, []);

  expect(left(store)).toEqual([]);
});

test("what somebody else wrote there is passed over", () => {
  const store = new Memory();
  store.setItem("inbox.unsent", "{");

  expect(left(store)).toEqual([]);
});

test("words that missed something are kept, and sent the next time as knowing it", () => {
  const kept = seen(waiting, [{ seq: 4 }, { seq: 6 }], "somebody spoke");

  expect(kept.body).toEqual({ ...waiting.body, last_seen: 6 });
  expect(kept.problem).toBe("somebody spoke");
  expect(kept.key).not.toBe(waiting.key);
});
