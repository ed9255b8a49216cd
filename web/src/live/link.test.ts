import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { delayBefore, Link, type LinkState } from "./link.ts";

/** The other end of a socket, as a test plays it. */
class FarEnd extends EventTarget {
  readyState = 0;
  sent: unknown[] = [];

  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }

  opens(): void {
    this.readyState = WebSocket.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  says(frame: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }

  close(code = 1006): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }
}

let ends: FarEnd[];
let states: LinkState[];

function open(): WebSocket {
  const end = new FarEnd();
  ends.push(end);
  return end as unknown as WebSocket;
}

function linked(position: () => string | null = () => null): Link {
  const link = new Link({ url: "ws://x", position, onFrame: () => undefined, onState: (state) => states.push(state), open, random: () => 1 });
  link.start();
  return link;
}

beforeEach(() => {
  vi.useFakeTimers();
  ends = [];
  states = [];
});

afterEach(() => vi.useRealTimers());

test("hello carries the position, at the first time and after a break", () => {
  let position: string | null = null;
  linked(() => position);
  ends[0]!.opens();
  position = "1.7.3";
  ends[0]!.close();
  vi.advanceTimersByTime(400);
  ends[1]!.opens();
  expect(ends.map(({ sent }) => sent[0])).toEqual([
    { type: "hello", since: null },
    { type: "hello", since: "1.7.3" },
  ]);
});

test("only a welcome makes it live", () => {
  linked();
  ends[0]!.opens();
  expect(states).toEqual(["connecting"]);
  ends[0]!.says({ type: "welcome", position: "1.0.0", managers: [] });
  expect(states.at(-1)).toBe("live");
});

test("what stays true is said again after a break", () => {
  const link = linked();
  ends[0]!.opens();
  link.state({ type: "viewing", ticket_id: "t-1" });
  ends[0]!.close();
  vi.advanceTimersByTime(400);
  ends[1]!.opens();
  expect(ends[1]!.sent).toContainEqual({ type: "viewing", ticket_id: "t-1" });
});

test("an ended session is not tried again", () => {
  linked();
  ends[0]!.opens();
  ends[0]!.close(4401);
  vi.advanceTimersByTime(60_000);
  expect(ends).toHaveLength(1);
  expect(states.at(-1)).toBe("ended");
});

test("a silent line is dropped and opened anew", () => {
  linked();
  ends[0]!.opens();
  vi.advanceTimersByTime(65_000);
  expect(ends.length).toBeGreaterThan(1);
});

test("a stopped link stays stopped", () => {
  linked().stop();
  vi.advanceTimersByTime(60_000);
  expect(ends).toHaveLength(1);
});

test("waits double, with jitter, up to fifteen seconds", () => {
  expect([0, 1, 2, 20].map((attempt) => delayBefore(attempt, () => 1))).toEqual([300, 600, 1200, 15_000]);
  expect(delayBefore(2, () => 0)).toBe(600);
});
