/**
 * What every screen reads: the entities, the list that is shown, and the state of the connection.
 *
 * Events are gathered and applied once a frame. Components read through `version`, the one reactive number, so that a
 * hundred updates a second cost one paint a frame and not a hundred.
 */
import { api } from "../api/index.ts";
import type {
  Availability,
  Campaign,
  Client,
  Counters,
  Inbox,
  Manager,
  Message,
  ServerFrame,
  StreamEvent,
  Team,
  Ticket,
} from "../api/types.ts";
import { Company, type Typist } from "./company.svelte.ts";
import { fetchAll } from "./fetch.ts";
import { Link, type LinkState } from "./link.ts";
import { TicketList } from "./list.svelte.ts";
import { apply, emptyState, inOrder, putContact, putEntity, putMessages, putPresence, putTicket, replaceThread } from "./state.ts";
import type { Entity, State, Touched, Watcher } from "./state.ts";

const BANNER_AFTER = 1_500;
const COUNTERS_AFTER = 1_000;
const THREADS_KEPT = 30;

export class Live {
  /** Moves once a frame when anything changed; reading it makes a reader follow. */
  version = $state(0);
  link = $state<LinkState>("connecting");
  /** True when the connection has been gone long enough to say so. */
  offline = $state(false);
  /** How many changes came after the last interruption; null when there is nothing to tell. */
  caughtUp = $state<number | null>(null);
  readonly list: TicketList;
  readonly #state: State;
  readonly #link: Link;
  #pending: StreamEvent[] = [];
  #frame: number | undefined;
  #banner: ReturnType<typeof setTimeout> | undefined;
  #countersTimer: ReturnType<typeof setTimeout> | undefined;
  #resumed = 0;
  #resuming = false;
  readonly #company: Company;
  readonly #listeners = new Set<(event: StreamEvent, touched: Touched) => void>();
  readonly #resynced = new Set<() => void>();
  readonly #watchers = new Set<Watcher>();
  onEnded: () => void = () => undefined;

  constructor(me: string, url: string) {
    this.#state = emptyState(me);
    this.list = new TicketList(this.#state, () => this.version++);
    this.#company = new Company(me);
    this.#link = new Link({
      url,
      position: () => this.#state.position,
      onFrame: (frame) => this.#receive(frame),
      onState: (state) => this.#linkChanged(state),
    });
  }

  async start(): Promise<void> {
    await this.#loadAll();
    this.#link.start();
    addEventListener("online", this.#hurry);
    document.addEventListener("visibilitychange", this.#hurry);
  }

  stop(): void {
    this.#link.stop();
    removeEventListener("online", this.#hurry);
    document.removeEventListener("visibilitychange", this.#hurry);
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  get me(): string {
    return this.#state.me;
  }

  ticket(id: string): Ticket | undefined {
    return this.version >= 0 ? this.#state.tickets.get(id) : undefined;
  }

  messages(ticket: string): Message[] | undefined {
    const thread = this.version >= 0 ? this.#state.threads.get(ticket) : undefined;
    return thread === undefined ? undefined : inOrder(thread);
  }

  older(ticket: string): string | null {
    return this.version >= 0 ? (this.#state.threads.get(ticket)?.older ?? null) : null;
  }

  get counters(): Counters | null {
    return this.version >= 0 ? this.#state.counters : null;
  }

  get campaigns(): Campaign[] {
    return this.version >= 0 ? [...this.#state.campaigns.values()].toSorted((a, b) => a.name.localeCompare(b.name)) : [];
  }

  campaign(id: string | null): Campaign | undefined {
    return this.version >= 0 && id !== null ? this.#state.campaigns.get(id) : undefined;
  }

  get clients(): Client[] {
    return this.version >= 0 ? [...this.#state.clients.values()].toSorted((a, b) => a.name.localeCompare(b.name)) : [];
  }

  get inboxes(): Inbox[] {
    return this.version >= 0 ? [...this.#state.inboxes.values()].toSorted((a, b) => a.name.localeCompare(b.name)) : [];
  }

  inbox(id: string): Inbox | undefined {
    return this.version >= 0 ? this.#state.inboxes.get(id) : undefined;
  }

  get managers(): Manager[] {
    return this.version >= 0 ? [...this.#state.managers.values()].toSorted((a, b) => a.name.localeCompare(b.name)) : [];
  }

  manager(id: string | null): Manager | undefined {
    return this.version >= 0 && id !== null ? this.#state.managers.get(id) : undefined;
  }

  get teams(): Team[] {
    return this.version >= 0 ? [...this.#state.teams.values()].toSorted((a, b) => a.name.localeCompare(b.name)) : [];
  }

  team(id: string | null): Team | undefined {
    return this.version >= 0 && id !== null ? this.#state.teams.get(id) : undefined;
  }

  /** Who else looks at this ticket now. */
  viewers(ticket: string): Manager[] {
    const others = this.version >= 0 ? this.#company.viewers(ticket) : [];
    return others.map((id) => this.#state.managers.get(id)).filter((manager) => manager !== undefined);
  }

  typist(ticket: string): Typist | null {
    return this.#company.typist(ticket);
  }

  // --- one ticket ----------------------------------------------------------------------------------------------------

  async openTicket(id: string): Promise<void> {
    this.#link.state({ type: "viewing", ticket_id: id });
    this.#link.state({ type: "subscribe", ticket_id: id });
    if (!this.#state.tickets.has(id)) this.upsert(await api.tickets.get(id));
    if (!this.#state.threads.has(id)) await this.loadMessages(id);
  }

  /** Somebody has this ticket before them, up to a message: the visitor of a chat may know. */
  saw(id: string, seq: number): void {
    this.#link.state({ type: "viewing", ticket_id: id, seq });
  }

  closeTicket(): void {
    this.#link.state({ type: "viewing", ticket_id: null });
    this.#link.state({ type: "subscribe", ticket_id: null });
  }

  async loadMessages(id: string, anew = false): Promise<void> {
    const page = await api.tickets.messages(id);
    const known = this.#state.threads.get(id);
    if (known === undefined) this.#keepThread(id, page.next_cursor);
    if (anew) replaceThread(this.#state, id, page.items, page.next_cursor);
    else putMessages(this.#state, id, page.items);
    this.version++;
  }

  async loadOlder(id: string): Promise<void> {
    const thread = this.#state.threads.get(id);
    if (thread?.older == null) return;
    const page = await api.tickets.messages(id, thread.older);
    thread.older = page.next_cursor;
    putMessages(this.#state, id, page.items);
    this.version++;
  }

  #keepThread(id: string, older: string | null): void {
    this.#state.threads.set(id, { messages: new Map(), older });
    const oldest = this.#state.threads.keys().next();
    if (this.#state.threads.size > THREADS_KEPT && !oldest.done) this.#state.threads.delete(oldest.value);
  }

  typing(ticket: string, on: boolean): void {
    this.#link.send({ type: "typing", ticket_id: ticket, on });
  }

  available(availability: Availability): void {
    this.#link.send({ type: "presence", availability });
  }

  // --- what we did ourselves, answered by the API before the stream tells everybody ------------------------------------

  upsert(ticket: Ticket): void {
    this.#takeTicket(putTicket(this.#state, ticket));
    this.version++;
  }

  /** Take in tickets that were asked for beside the list. */
  learn(tickets: Ticket[]): void {
    for (const ticket of tickets) {
      const change = putTicket(this.#state, ticket);
      if (change !== undefined && this.list.place(change)) this.list.draw();
    }
    this.version++;
  }

  upsertMessage(message: Message): void {
    putMessages(this.#state, message.ticket_id, [message]);
    this.version++;
  }

  upsertEntity<E extends Entity>(kind: "campaigns" | "clients" | "inboxes" | "managers" | "teams", value: E): void {
    putEntity(this.#state[kind] as Map<string, Entity>, value);
    this.version++;
  }

  removeInbox(id: string): void {
    this.#state.inboxes.delete(id);
    this.version++;
  }

  quarantined(count: number): void {
    if (this.#state.counters !== null) this.#state.counters = { ...this.#state.counters, quarantine: count };
    this.version++;
  }

  listen(listener: (event: StreamEvent, touched: Touched) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Hear of every change of a ticket, whether we made it or somebody else. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Be told when all had to be fetched anew. */
  whenResynced(again: () => void): () => void {
    this.#resynced.add(again);
    return () => this.#resynced.delete(again);
  }

  hurry(): void {
    this.#link.hurry();
  }

  // --- the stream ----------------------------------------------------------------------------------------------------

  readonly #hurry = (): void => {
    if (!document.hidden) this.#link.hurry();
  };

  #linkChanged(state: LinkState): void {
    this.link = state;
    if (state === "ended") this.onEnded();
    if (state === "waiting" && this.#banner === undefined)
      this.#banner = setTimeout(() => (this.offline = true), BANNER_AFTER);
    if (state === "live") this.#backOnline();
  }

  #backOnline(): void {
    clearTimeout(this.#banner);
    this.#banner = undefined;
    this.#resuming = true;
    this.#resumed = 0;
    this.#link.send({ type: "ping" }); // its pong comes behind what was missed
  }

  #resumeDone(): void {
    this.#resuming = false;
    if (!this.offline) return;
    this.offline = false;
    this.caughtUp = this.#resumed;
  }

  #receive(frame: ServerFrame): void {
    switch (frame.type) {
      case "events":
        this.#pending.push(...frame.items);
        if (this.#resuming) this.#resumed += frame.items.length;
        this.#schedule();
        break;
      case "welcome":
        this.#state.position ??= frame.position;
        putPresence(this.#state, frame.managers);
        this.version++;
        break;
      case "presence":
        putPresence(this.#state, frame.managers);
        this.version++;
        break;
      case "viewing":
        this.#company.looks(frame.ticket_id, frame.managers);
        break;
      case "typing":
        if (frame.on) this.#company.types(frame.ticket_id, frame.by);
        else this.#company.stops(frame.ticket_id);
        break;
      case "pong":
        this.#flush();
        this.#state.position = frame.position;
        if (this.#resuming) this.#resumeDone();
        break;
      case "resync":
        this.#quietly(this.#resync());
        break;
      case "error":
        console.warn("live", frame.code);
    }
  }

  #schedule(): void {
    if (this.#frame !== undefined) return;
    // A hidden tab is given no frames, yet its title counts on.
    const flush = (): void => this.#flush();
    this.#frame = document.hidden ? window.setTimeout(flush, 250) : requestAnimationFrame(flush);
  }

  #flush(): void {
    this.#frame = undefined;
    const events = this.#pending;
    if (events.length === 0) return;
    this.#pending = [];
    let moved = false;
    for (const event of events) {
      const touched = apply(this.#state, event);
      if (touched.ticket !== undefined) {
        moved = this.list.place(touched.ticket) || moved;
        for (const watcher of this.#watchers) watcher(touched.ticket.before, touched.ticket.after);
      }
      if (touched.countersStale === true) this.#countersSoon();
      if (touched.refetch !== undefined) this.#quietly(this.loadMessages(touched.refetch, touched.anew));
      if (touched.contact !== undefined) this.#quietly(this.#loadContact(touched.contact));
      if (touched.message?.author.kind === "contact") this.#company.stops(touched.message.ticket_id);
      for (const listener of this.#listeners) listener(event, touched);
    }
    if (moved) this.list.draw();
    this.version++;
  }

  #takeTicket(change: Touched["ticket"]): void {
    if (change === undefined) return;
    for (const watcher of this.#watchers) watcher(change.before, change.after);
    if (this.list.place(change)) this.list.draw();
    this.#countersSoon();
  }

  #countersSoon(): void {
    if (this.#countersTimer !== undefined) return;
    this.#countersTimer = setTimeout(() => {
      this.#countersTimer = undefined;
      this.#quietly(this.#loadCounters());
    }, COUNTERS_AFTER);
  }

  /** What is asked for in passing may fail: the next event, or the next connection, asks again. */
  #quietly(work: Promise<void>): void {
    work.catch((problem: unknown) => console.warn("live", problem));
  }

  async #loadContact(id: string): Promise<void> {
    putContact(this.#state, await api.contacts.get(id));
    this.version++;
  }

  async #loadCounters(): Promise<void> {
    this.#state.counters = await api.counters();
    this.version++;
  }

  async #loadAll(): Promise<void> {
    await fetchAll(this.#state);
    this.version++;
  }

  /** The stream cannot tell us everything that we missed: fetch the truth again, then go on from there. */
  async #resync(): Promise<void> {
    const threads = [...this.#state.threads.keys()];
    this.#pending = [];
    this.#state.tickets.clear();
    this.#state.threads.clear();
    await this.#loadAll();
    for (const again of this.#resynced) again();
    await this.list.show(this.list.filter);
    const open = threads.at(-1);
    if (open !== undefined) await this.openTicket(open);
    this.#link.hello();
  }
}
