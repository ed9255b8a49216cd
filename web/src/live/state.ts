/**
 * What the desk knows, and how an event changes it: no I/O, no clock, no framework.
 *
 * Entities live in plain maps and are replaced, never changed; the maps themselves are moved in place, since copying ten
 * thousand tickets for each event would cost more than the event.
 */
import type { Campaign, Client, Contact, Counters, Inbox, Manager, Message, Presence, StreamEvent, Team, Ticket, ViewName } from "../api/types.ts";

/** The loaded part of one ticket's history. */
export interface Thread {
  messages: Map<string, Message>;
  /** Cursor to what is older; null when the beginning is loaded. */
  older: string | null;
}

export interface State {
  tickets: Map<string, Ticket>;
  threads: Map<string, Thread>;
  campaigns: Map<string, Campaign>;
  clients: Map<string, Client>;
  inboxes: Map<string, Inbox>;
  managers: Map<string, Manager>;
  teams: Map<string, Team>;
  counters: Counters | null;
  /** The last position that has been applied. */
  position: string | null;
  /** Whose screen this is: "mine" depends on it. */
  me: string;
}

/** What one event touched, so that only that is drawn again. */
export interface Touched {
  ticket?: { before: Ticket | undefined; after: Ticket };
  message?: Message;
  /** The body of this ticket's messages must be asked for again. */
  refetch?: string;
  /** Messages went elsewhere or came from there: what is asked for again takes the place of all that was known. */
  anew?: boolean;
  /** This contact is known here and is called otherwise now; who may know how, is asked. */
  contact?: string;
  /** A counter could not be moved by this event alone. */
  countersStale?: boolean;
}

/** Hears of every change of a ticket. */
export type Watcher = (before: Ticket | undefined, after: Ticket) => void;

export function emptyState(me: string): State {
  return {
    tickets: new Map(),
    threads: new Map(),
    campaigns: new Map(),
    clients: new Map(),
    inboxes: new Map(),
    managers: new Map(),
    teams: new Map(),
    counters: null,
    position: null,
    me,
  };
}

const AT_WORK: ReadonlySet<string> = new Set(["open", "waiting", "snoozed"]);

/** Whether a ticket stands in one of the named views of this manager. */
export function standsIn(view: ViewName, ticket: Ticket, me: string): boolean {
  switch (view) {
    case "queue":
      return ticket.state === "open" && ticket.lane === "answer";
    case "thank":
    case "nothing":
    case "spam":
      return ticket.state === "open" && ticket.lane === view;
    case "mine":
      return ticket.assignee_id === me && AT_WORK.has(ticket.state);
    case "unassigned":
      return ticket.assignee_id === null && standsIn("queue", ticket, me);
    case "waiting":
      return ticket.state === "waiting";
    case "snoozed":
      return ticket.state === "snoozed";
    case "solved":
      return (ticket.state === "solved" || ticket.state === "closed") && ticket.merged_into === null;
    case "all":
      return true;
  }
}

const COUNTED = ["queue", "mine", "unassigned", "thank", "nothing", "spam", "waiting", "snoozed"] as const;

function bump(counts: Record<string, number>, key: string, by: number): Record<string, number> {
  return { ...counts, [key]: Math.max(0, (counts[key] ?? 0) + by) };
}

function count(counters: Counters, ticket: Ticket, me: string, by: number): Counters {
  const next = { ...counters };
  for (const view of COUNTED) if (standsIn(view, ticket, me)) next[view] = Math.max(0, next[view] + by);
  if (standsIn("queue", ticket, me)) {
    next.by_channel = bump(next.by_channel, ticket.channel, by);
    next.by_campaign = bump(next.by_campaign, ticket.campaign_id ?? "unsorted", by);
  }
  return next;
}

/** Take a ticket in if it is newer than ours; says what it replaced, or nothing when it is old news. */
export function putTicket(state: State, ticket: Ticket): Touched["ticket"] {
  const before = state.tickets.get(ticket.id);
  if (before !== undefined && before.version >= ticket.version) return undefined;
  state.tickets.set(ticket.id, ticket);
  return { before, after: ticket };
}

/** Take messages into a loaded thread. A body that we have whole is not replaced by the beginning of it. */
export function putMessages(state: State, ticket: string, messages: Message[]): void {
  const thread = state.threads.get(ticket);
  if (thread === undefined) return;
  for (const message of messages) {
    const known = thread.messages.get(message.id);
    const whole = message.truncated === true && known !== undefined && known.edited_at === message.edited_at;
    const body = whole ? { text: known.text, html: known.html, quoted: known.quoted } : {};
    thread.messages.set(message.id, { ...message, ...body });
  }
}

/** The messages of a thread in their one order. */
export function inOrder(thread: Thread | undefined): Message[] {
  return thread === undefined ? [] : [...thread.messages.values()].toSorted((a, b) => a.seq - b.seq);
}

function applyTicket(state: State, event: StreamEvent, touched: Touched): void {
  const given = event.data.ticket;
  if (given === undefined) return;
  const change = putTicket(state, given);
  if (change === undefined) return;
  touched.ticket = change;
  const isNew = event.type === "ticket.created";
  if (state.counters === null || (change.before === undefined && !isNew)) {
    touched.countersStale = true;
    return;
  }
  if (change.before !== undefined) state.counters = count(state.counters, change.before, state.me, -1);
  state.counters = count(state.counters, change.after, state.me, 1);
}

function applyMessage(state: State, event: StreamEvent, touched: Touched): void {
  const message = event.data.message;
  if (message === undefined) return;
  touched.message = message;
  const thread = state.threads.get(message.ticket_id);
  const known = thread?.messages.get(message.id);
  putMessages(state, message.ticket_id, [message]);
  const unknown = known === undefined || known.edited_at !== message.edited_at;
  if (thread !== undefined && message.truncated === true && unknown) touched.refetch = message.ticket_id;
}

function merge<T extends { id: string }>(into: Map<string, T>, part: (Partial<T> & { id: string }) | undefined): void {
  if (part === undefined) return;
  into.set(part.id, { ...into.get(part.id), ...part } as T);
}

export interface Entity {
  id: string;
  version?: number;
}

/** Take in what was asked for; an answer that was overtaken by a newer one changes nothing. */
export function putEntity(into: Map<string, Entity>, entity: Entity): void {
  if ((into.get(entity.id)?.version ?? 0) <= (entity.version ?? 0)) into.set(entity.id, entity);
}

function knows(state: State, contact: string): boolean {
  for (const ticket of state.tickets.values()) if (ticket.contact?.id === contact) return true;
  return false;
}

/** Who is there now. */
export function putPresence(state: State, managers: Presence[]): void {
  for (const { id, availability, load } of managers) {
    const known = state.managers.get(id);
    if (known !== undefined) state.managers.set(id, { ...known, availability, load: load ?? known.load });
  }
}

/** A contact as the API told them: their newest tickets, and their name on all that we know. */
export function putContact(state: State, contact: Contact): void {
  for (const ticket of contact.tickets) putTicket(state, ticket);
  for (const ticket of state.tickets.values()) {
    if (ticket.contact?.id !== contact.id || ticket.contact.name === contact.name) continue;
    state.tickets.set(ticket.id, { ...ticket, contact: { ...ticket.contact, name: contact.name } });
  }
}

/** A ticket was merged or split: its messages have other places now. */
const MOVED: ReadonlySet<string> = new Set(["ticket.merged", "ticket.unmerged", "ticket.split", "ticket.unsplit"]);

/** Put what was asked for again in the place of a thread; what came in meanwhile stays. */
export function replaceThread(state: State, ticket: string, messages: Message[], older: string | null): void {
  const known = state.threads.get(ticket);
  const newest = messages.at(-1)?.seq ?? 0;
  const later = known === undefined ? [] : [...known.messages.values()].filter((message) => message.seq > newest && message.ticket_id === ticket);
  const asked = new Set(messages.map(({ id }) => id));
  const kept = [...messages, ...later.filter(({ id }) => !asked.has(id))];
  state.threads.set(ticket, { messages: new Map(kept.map((message) => [message.id, message])), older });
}

/** Apply one event of the stream. Known ones change nothing the second time. */
export function apply(state: State, event: StreamEvent): Touched {
  const touched: Touched = {};
  state.position = event.position;
  applyTicket(state, event, touched);
  applyMessage(state, event, touched);
  merge(state.campaigns, event.data.campaign);
  merge(state.clients, event.data.client);
  merge(state.inboxes, event.data.inbox);
  merge(state.managers, event.data.manager);
  merge(state.teams, event.data.team);
  if (event.data.contact !== undefined && knows(state, event.data.contact.id)) touched.contact = event.data.contact.id;
  if (MOVED.has(event.type) && state.threads.has(event.subject)) {
    touched.refetch = event.subject;
    touched.anew = true;
  }
  if (event.type === "quarantine.changed") touched.countersStale = true;
  return touched;
}
