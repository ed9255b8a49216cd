import { describe, expect, test } from "vitest";
import type { Counters } from "../api/types.ts";
import { event, manager, message, ticket } from "../test/samples.ts";
import { apply, emptyState, type Entity, inOrder, putContact, putEntity, putTicket, type State, standsIn } from "./state.ts";

const ME = "me";

function counters(part: Partial<Counters> = {}): Counters {
  const none = { queue: 0, mine: 0, unassigned: 0, thank: 0, nothing: 0, spam: 0, waiting: 0, snoozed: 0, quarantine: 0 };
  return { position: "1.0.0", ...none, by_channel: {}, by_campaign: {}, ...part };
}

function withTicket(part: Parameters<typeof ticket>[1] = {}): State {
  const state = emptyState(ME);
  putTicket(state, ticket("t-1", part));
  state.counters = counters({ queue: 1, unassigned: 1, by_channel: { email: 1 }, by_campaign: { unsorted: 1 } });
  return state;
}

function withThread(): State {
  const state = withTicket();
  state.threads.set("t-1", { messages: new Map([["m-1", message("m-1", 1)]]), older: null });
  return state;
}

describe("tickets", () => {
  test("a newer version replaces the ticket", () => {
    const state = withTicket();
    apply(state, event("ticket.changed", { ticket: ticket("t-1", { subject: "Later", version: 2 }) }));
    expect(state.tickets.get("t-1")?.subject).toBe("Later");
  });

  test("an older version changes nothing", () => {
    const state = withTicket({ version: 5, subject: "Now" });
    const touched = apply(state, event("ticket.changed", { ticket: ticket("t-1", { subject: "Then", version: 4 }) }));
    expect(state.tickets.get("t-1")?.subject).toBe("Now");
    expect(touched.ticket).toBeUndefined();
  });

  test("the same event twice is as good as once", () => {
    const state = withTicket();
    const solved = event("ticket.changed", { ticket: ticket("t-1", { state: "solved", version: 2 }) });
    apply(state, solved);
    apply(state, solved);
    expect(state.counters?.queue).toBe(0);
  });

  test("the position moves with every event", () => {
    const state = withTicket();
    const seen = event("clock.fired", {});
    apply(state, seen);
    expect(state.position).toBe(seen.position);
  });

  test.each([
    ["queue", { state: "open" }, true],
    ["queue", { state: "waiting" }, false],
    ["mine", { assignee_id: ME, state: "snoozed" }, true],
    ["mine", { assignee_id: ME, state: "solved" }, false],
    ["unassigned", { assignee_id: "other" }, false],
    ["solved", { state: "closed" }, true],
  ] as const)("%s of %o is %s", (view, part, expected) => {
    expect(standsIn(view, ticket("t-1", part), ME)).toBe(expected);
  });
});

describe("counters", () => {
  test("a new ticket is counted without asking", () => {
    const state = withTicket();
    apply(state, event("ticket.created", { ticket: ticket("t-2", { channel: "chat", campaign_id: "solar" }) }));
    expect(state.counters).toMatchObject({ queue: 2, unassigned: 2, by_channel: { email: 1, chat: 1 } });
    expect(state.counters?.by_campaign).toEqual({ unsorted: 1, solar: 1 });
  });

  test("a claim moves a ticket from nobody's to mine", () => {
    const state = withTicket();
    apply(state, event("ticket.assigned", { ticket: ticket("t-1", { assignee_id: ME, version: 2 }) }));
    expect(state.counters).toMatchObject({ queue: 1, mine: 1, unassigned: 0 });
  });

  test("a change of a ticket that was never seen asks for the counters again", () => {
    const touched = apply(withTicket(), event("ticket.changed", { ticket: ticket("t-9", { version: 7 }) }));
    expect(touched.countersStale).toBe(true);
  });

  test("a change of the quarantine asks for the counters again", () => {
    expect(apply(withTicket(), event("quarantine.changed", {})).countersStale).toBe(true);
  });
});

describe("messages", () => {
  test("a message joins a loaded thread in its order", () => {
    const state = withThread();
    apply(state, event("message.received", { message: message("m-3", 3) }));
    apply(state, event("message.received", { message: message("m-2", 2) }));
    expect(inOrder(state.threads.get("t-1")).map(({ id }) => id)).toEqual(["m-1", "m-2", "m-3"]);
  });

  test("a message of a thread that is not loaded is left to its page", () => {
    const state = withTicket();
    apply(state, event("message.received", { message: message("m-1", 1) }));
    expect(state.threads.size).toBe(0);
  });

  test("a new message that was cut short asks for its page", () => {
    const touched = apply(withThread(), event("message.received", { message: message("m-2", 2, { truncated: true }) }));
    expect(touched.refetch).toBe("t-1");
  });

  test("news of a delivery keeps the body that we have whole", () => {
    const state = withThread();
    state.threads.get("t-1")?.messages.set("m-1", message("m-1", 1, { html: "<p>whole</p>", text: "whole" }));
    const short = message("m-1", 1, { text: "wh", delivery: "delivered", truncated: true });
    const touched = apply(state, event("message.delivery", { message: short }));
    expect(state.threads.get("t-1")?.messages.get("m-1")).toMatchObject({ html: "<p>whole</p>", delivery: "delivered" });
    expect(touched.refetch).toBeUndefined();
  });
});

test("a known contact's change is asked for, a stranger's is not", () => {
  const state = withTicket();
  expect(apply(state, event("contact.changed", { contact: { id: "c-1" } })).contact).toBe("c-1");
  expect(apply(state, event("contact.changed", { contact: { id: "c-9" } })).contact).toBeUndefined();
});

test("a contact's new name reaches all their tickets", () => {
  const state = withTicket();
  putContact(state, { id: "c-1", name: "Maria Vogt", language: null, language_by: null, roles: [], identities: [], created_at: "", tickets: [] });
  expect(state.tickets.get("t-1")?.contact?.name).toBe("Maria Vogt");
});

test("an answer that was overtaken by a newer one changes nothing", () => {
  const inboxes = new Map<string, Entity>();
  putEntity(inboxes, { id: "i-1", version: 2 });
  putEntity(inboxes, { id: "i-1", version: 1 });
  expect(inboxes.get("i-1")?.version).toBe(2);
});

test("a manager's change keeps what the event does not carry", () => {
  const state = withTicket();
  state.managers.set("j", manager("j", { languages: ["de"] }));
  apply(state, event("manager.changed", { manager: { id: "j", availability: "online" } }));
  expect(state.managers.get("j")).toMatchObject({ name: "Jonas Weber", availability: "online", languages: ["de"] });
});
