import { expect, test } from "vitest";
import { newClientId, Outbox, type Pending } from "./outbox.ts";

const message = (clientId: string): Pending => ({ clientId, text: clientId });

function outbox(queue: Pending[] = []) {
  const sent: string[] = [];
  const box = new Outbox(({ clientId }) => sent.push(clientId), undefined, queue);
  return { box, sent };
}

test("nothing leaves before the welcome", () => {
  const { box, sent } = outbox();
  box.add(message("a"));

  expect(sent).toEqual([]);
});

test("what was kept over a reload goes first", () => {
  const { box, sent } = outbox([message("a")]);
  box.add(message("b"));
  box.ready();
  box.settle("a");

  expect(sent).toEqual(["a", "b"]);
});

test("a message leaves only when the one before is acknowledged", () => {
  const { box, sent } = outbox();
  box.ready();
  box.add(message("a"));
  box.add(message("b"));

  expect(sent).toEqual(["a"]);
});

test("what was in flight when the connection was lost is said again before anything new", () => {
  const { box, sent } = outbox();
  box.ready();
  box.add(message("a"));
  box.pause();
  box.add(message("b"));
  box.ready();
  box.settle("a");

  expect(sent).toEqual(["a", "a", "b"]);
});

test("a second acknowledgement changes nothing", () => {
  const { box, sent } = outbox();
  box.ready();
  box.add(message("a"));
  box.add(message("b"));
  box.settle("a");
  box.settle("a");

  expect(sent).toEqual(["a", "b"]);
  expect(box.pending).toEqual([message("b")]);
});

test("an acknowledgement out of order does not let the next one overtake", () => {
  const { box, sent } = outbox();
  box.ready();
  for (const name of ["a", "b", "c"]) box.add(message(name));
  box.settle("b");

  expect(sent).toEqual(["a"]);
});

test("the queue that is kept is always the queue that is left", () => {
  const kept: number[] = [];
  const box = new Outbox(() => {}, (queue) => kept.push(queue.length));
  box.add(message("a"));
  box.add(message("b"));
  box.settle("a");

  expect(kept).toEqual([1, 2, 1]);
});

/** A small generator, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

test("whatever is lost on the way, everything is stored once and in order", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const chance = random(seed);
    const stored: string[] = [];
    const wire: Pending[] = [];
    const box = new Outbox((pending) => wire.push(pending));
    const said = Array.from({ length: 10 }, (_, i) => `m${i}`);
    let next = 0;
    for (let step = 0; step < 5000 && (next < said.length || box.pending.length > 0); step++) {
      const draw = chance();
      if (draw < 0.2 && next < said.length) box.add(message(said[next++] as string));
      else if (draw < 0.4) {
        wire.length = 0; // lost with its connection
        box.pause();
      } else if (draw < 0.6) box.ready();
      else {
        const arrived = wire.shift();
        if (!arrived) continue;
        if (!stored.includes(arrived.clientId)) stored.push(arrived.clientId);
        if (chance() < 0.5) box.settle(arrived.clientId); // else the acknowledgement is lost
      }
    }

    expect(stored).toEqual(said);
  }
});

test("client ids are 128 random bits in letters that the service takes", () => {
  expect(newClientId()).toMatch(/^[0-9a-f]{32}$/);
  expect(newClientId()).not.toBe(newClientId());
});
