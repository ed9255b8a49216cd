import { expect, test } from "vitest";
import { apply, emptyLog, hasGap, said, unread, type Log } from "./log.ts";
import type { Message, ServerFrame, Welcome } from "./protocol.ts";

const at = "2026-11-22T09:00:00+00:00";

function message(seq: number, changes: Partial<Message> = {}): { type: "message" } & Message {
  return { type: "message", seq, id: `id${seq}`, from: { side: "team", name: "Tom" }, text: `t${seq}`, at, ...changes };
}

function mine(seq: number, clientId: string): { type: "message" } & Message {
  return message(seq, { from: { side: "visitor" }, client_id: clientId });
}

function welcome(changes: Partial<Welcome> = {}): Welcome {
  const greeting = { name: "", text: "", offline: "", privacy: "", privacy_url: "", color: "", form: [], mail: false };
  return {
    type: "welcome",
    session: "s",
    since: 0,
    seq: 0,
    queue: { online: true },
    greeting,
    limits: { text: 8000, files: 5, file: 1 },
    ...changes,
  };
}

const run = (frames: ServerFrame[], start: Log = emptyLog): Log => frames.reduce(apply, start);
const texts = (log: Log): string[] => log.entries.map((entry) => entry.text);

test("messages are shown in the order of their numbers, whatever order they came in", () => {
  const log = run([welcome({ ticket: "t" }), message(1), message(3), message(2)]);

  expect(texts(log)).toEqual(["t1", "t2", "t3"]);
  expect(log.seen).toBe(3);
});

test("a missing number is noticed, and mended by its message", () => {
  const holed = run([welcome({ ticket: "t" }), message(1), message(3)]);

  expect(holed.seen).toBe(1);
  expect(hasGap(holed)).toBe(true);
  expect(hasGap(apply(holed, message(2)))).toBe(false);
});

test("a message that comes twice is shown once", () => {
  const log = run([welcome({ ticket: "t" }), message(1), message(1)]);

  expect(log.entries).toHaveLength(1);
});

test("an own message is one entry, whether its echo or its acknowledgement comes first", () => {
  const start = said(apply(emptyLog, welcome({ ticket: "t" })), { clientId: "c1", text: "hi" }, at);
  const ack: ServerFrame = { type: "ack", client_id: "c1", id: "id1", seq: 1 };

  for (const frames of [[ack, mine(1, "c1")], [mine(1, "c1"), ack]]) {
    const log = run(frames, start);

    expect(log.entries.map(({ key, status, seq }) => ({ key, status, seq }))).toEqual([{ key: "c1", status: "sent", seq: 1 }]);
    expect(log.seen).toBe(1);
  }
});

test("what is not confirmed stays below what is", () => {
  const log = apply(said(apply(emptyLog, welcome({ ticket: "t" })), { clientId: "c1", text: "mine" }, at), message(1));

  expect(texts(log)).toEqual(["t1", "mine"]);
});

test("an edit changes the text in its place and counts", () => {
  const log = run([
    welcome({ ticket: "t" }),
    message(1),
    { type: "update", seq: 2, message: message(1, { text: "better", edited_at: at }) },
  ]);

  expect(log.entries).toMatchObject([{ text: "better", edited: true, seq: 1 }]);
  expect(log.seen).toBe(2);
});

test("a change of state counts, so that a reconnect replays it", () => {
  const log = run([welcome({ ticket: "t", state: "open" }), { type: "update", seq: 1, state: "solved" }]);

  expect(log).toMatchObject({ state: "solved", seen: 1 });
});

test("an own word opens a settled matter again", () => {
  const settled = run([welcome({ ticket: "t" }), message(1), { type: "update", seq: 2, state: "solved" }]);

  expect(apply(settled, mine(3, "c")).state).toBe("open");
  expect(apply(settled, { type: "ack", client_id: "c", id: "id3", seq: 3 }).state).toBe("open");
});

test("a resume goes on where it was", () => {
  const before = run([welcome({ ticket: "t" }), message(1), message(2)]);
  const log = run([welcome({ ticket: "t", since: 2, seq: 4 }), message(3), message(4)], before);

  expect(texts(log)).toEqual(["t1", "t2", "t3", "t4"]);
});

test("a fresh start has its history first and counts from the last number", () => {
  const log = run([
    welcome({ ticket: "t", since: 40, seq: 40 }),
    { type: "history", messages: [message(39), message(40)], more: true },
    message(41),
  ]);

  expect(texts(log)).toEqual(["t39", "t40", "t41"]);
  expect(log).toMatchObject({ seen: 41, more: true });
});

test("another ticket counts from one, keeps the old one readable and the unsaid unsaid", () => {
  const before = said(run([welcome({ ticket: "t" }), message(1), message(2)]), { clientId: "c1", text: "new question" }, at);
  const log = run([{ type: "ticket", ticket: "u", seq: 0, state: "open" }, mine(1, "c1")], before);

  expect(log.older.map((entry) => entry.text)).toEqual(["t1", "t2"]);
  expect(log).toMatchObject({ ticket: "u", seen: 1 });
  expect(log.entries).toHaveLength(1);
});

test("only the team's messages are unread", () => {
  const log = run([welcome({ ticket: "t" }), message(1), mine(2, "c"), message(3)]);

  expect(unread(log, 0)).toBe(2);
  expect(unread(log, 1)).toBe(1);
  expect(unread(log, 3)).toBe(0);
});

test("a frame of a newer service changes nothing", () => {
  const log = run([welcome({ ticket: "t" }), message(1)]);

  expect(apply(log, { type: "sticker" } as unknown as ServerFrame)).toBe(log);
});

test("whoever answers has read what was said before", () => {
  const log = run([welcome({ ticket: "t" }), mine(1, "c1"), message(2)]);

  expect(log.readByTeam).toBe(2);
});

test("what went by mail too is marked, now and when the conversation is shown again", () => {
  const now = run([welcome({ ticket: "t" }), message(1), message(2), { type: "update", seq: 3, mailed: [2] }]);
  const again = run([welcome({ ticket: "t", since: 3, seq: 3 }), { type: "history", messages: [{ ...message(2), mailed: true }], more: true }]);

  expect(now.entries.map((entry) => entry.mailed)).toEqual([undefined, true]);
  expect([now.seen, again.entries.at(-1)?.mailed]).toEqual([3, true]);
});
