import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Link, pauseBefore, type LinkState, type Wire } from "./link.ts";
import type { ServerFrame } from "./protocol.ts";

class FakeWire implements Wire {
  readyState = 1;
  closed = false;
  sent: { type: string }[] = [];
  readonly #listeners = new Map<string, (event: never) => void>();
  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, listener);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.closed = true;
  }
  opens(): void {
    this.#tell("open", {});
  }
  says(frame: object): void {
    this.hears(JSON.stringify(frame));
  }
  hears(data: unknown): void {
    this.#tell("message", { data });
  }
  breaks(code = 1006): void {
    this.#tell("close", { code });
  }
  #tell(type: string, event: object): void {
    this.#listeners.get(type)?.(event as never);
  }
}

function linked() {
  const wires: FakeWire[] = [];
  const states: LinkState[] = [];
  const frames: ServerFrame[] = [];
  let forgotten = 0;
  const link = new Link({
    open: () => {
      const wire = new FakeWire();
      wires.push(wire);
      return wire;
    },
    hello: () => ({ type: "hello", locale: "en", page: { url: "", title: "" } }),
    frame: (frame) => frames.push(frame),
    state: (state) => states.push(state),
    forget: () => (forgotten += 1),
    random: () => 1,
  });
  const last = () => wires.at(-1) as FakeWire;
  const live = () => {
    link.start();
    last().opens();
    last().says({ type: "welcome" });
  };
  return { link, wires, states, frames, last, live, forgotten: () => forgotten };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("hello is the first word, and nothing else is said before the welcome", () => {
  const { link, last } = linked();
  link.start();
  last().opens();

  expect(link.send({ type: "ping" })).toBe(false);
  expect(last().sent.map((frame) => frame.type)).toEqual(["hello"]);
});

test("a lost connection is made again after a pause that doubles", () => {
  const { wires, last, live } = linked();
  live();
  last().breaks();
  vi.advanceTimersByTime(499);
  expect(wires).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(wires).toHaveLength(2);
  last().breaks();
  vi.advanceTimersByTime(999);
  expect(wires).toHaveLength(2);
  vi.advanceTimersByTime(1);

  expect(wires).toHaveLength(3);
});

test("the pause is random up to half a minute, so that a thousand visitors do not come back at once", () => {
  expect(pauseBefore(0, 0)).toBe(0);
  expect(pauseBefore(50, 1)).toBe(30_000);
  expect(pauseBefore(3, 0.5)).toBe(2000);
});

test("a half-open socket is found by its missing pong", () => {
  const { wires, last, live, states } = linked();
  live();
  vi.advanceTimersByTime(20_000);
  expect(last().sent.at(-1)?.type).toBe("ping");
  vi.advanceTimersByTime(10_000);

  expect(wires[0]?.closed).toBe(true);
  expect(states.at(-1)).toBe("waiting");
});

test("an answered ping keeps the socket", () => {
  const { wires, last, live } = linked();
  live();
  for (let i = 0; i < 5; i++) {
    vi.advanceTimersByTime(20_000);
    last().says({ type: "pong" });
  }

  expect(wires).toHaveLength(1);
});

test("the page coming back does not wait for the pause to end", () => {
  const { link, wires, last, live } = linked();
  live();
  last().breaks();
  link.wake();

  expect(wires).toHaveLength(2);
});

test("the page coming back asks a socket that may have died meanwhile", () => {
  const { link, last, live } = linked();
  live();
  link.wake();

  expect(last().sent.at(-1)?.type).toBe("ping");
});

test.each([4400, 4402, 4403, 4404, 4413])("a refusal for good (%i) is not tried again", (code) => {
  const { wires, last, live, states } = linked();
  live();
  last().breaks(code);
  vi.advanceTimersByTime(120_000);

  expect(wires).toHaveLength(1);
  expect(states.at(-1)).toBe("stopped");
});

test("an unknown session is dropped and the visitor comes back as a new one", () => {
  const { wires, last, live, forgotten } = linked();
  live();
  last().breaks(4401);
  vi.advanceTimersByTime(1000);

  expect(forgotten()).toBe(1);
  expect(wires).toHaveLength(2);
});

test("what is no frame is ignored", () => {
  const { last, live, frames } = linked();
  live();
  for (const data of ["", "[", "7", "null", "[]", new ArrayBuffer(1)]) last().hears(data);

  expect(frames.map((frame) => frame.type)).toEqual(["welcome"]);
});

test("a service that never answers the hello is left", () => {
  const { link, wires, last } = linked();
  link.start();
  last().opens();
  vi.advanceTimersByTime(10_000 + 500);

  expect(wires).toHaveLength(2);
});
