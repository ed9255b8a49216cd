/** One list of the desk: which tickets stand in it, and in which order. Holds ids only. */
import type { Ticket, ViewName } from "../api/types.ts";
import { standsIn } from "./state.ts";

export type Sort = "due" | "newest";

export interface Filter {
  view: ViewName;
  inbox: string | null;
  campaign: string | null;
  channel: string | null;
  q: string;
  sort: Sort;
}

export const everything: Filter = { view: "queue", inbox: null, campaign: null, channel: null, q: "", sort: "due" };

function found(ticket: Ticket, q: string): boolean {
  const wanted = q.trim().toLowerCase();
  if (wanted === "") return true;
  const hay = `${ticket.contact?.name ?? ""} ${ticket.subject ?? ""} #${ticket.number}`.toLowerCase();
  return wanted.split(/\s+/).every((word) => hay.includes(word));
}

export function matches(filter: Filter, ticket: Ticket, me: string): boolean {
  if (!standsIn(filter.view, ticket, me)) return false;
  if (filter.inbox !== null && ticket.inbox_id !== filter.inbox) return false;
  if (filter.channel !== null && ticket.channel !== filter.channel) return false;
  if (filter.campaign === "unsorted" && ticket.campaign_id !== null) return false;
  if (filter.campaign !== null && filter.campaign !== "unsorted" && ticket.campaign_id !== filter.campaign) return false;
  return found(ticket, filter.q);
}

const FAR = "9999";

/** Negative when `a` stands before `b`: what is due next, then the longest waiting; or simply the newest. */
export function order(sort: Sort, a: Ticket, b: Ticket): number {
  if (sort === "newest") return compare(b.updated_at, a.updated_at) || compare(b.id, a.id);
  const due = compare(a.due_at ?? FAR, b.due_at ?? FAR);
  return due || compare(a.waiting_since ?? FAR, b.waiting_since ?? FAR) || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The ids of a view in order. Moved by each change in logarithmic time, given the tickets as they were when placed.
 *
 * A row that the server has not listed yet (there is a further page and the row would stand behind the last one) is left
 * out: the page will bring it.
 */
export class View {
  readonly filter: Filter;
  readonly #me: string;
  #placed: Ticket[] = [];
  readonly #ids = new Set<string>();
  more: string | null = null;

  constructor(filter: Filter, me: string) {
    this.filter = filter;
    this.#me = me;
  }

  get ids(): string[] {
    return this.#placed.map((ticket) => ticket.id);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  get size(): number {
    return this.#placed.length;
  }

  /** Take in a page that the server listed; returns nothing, keeps rows unique. */
  addPage(tickets: Ticket[], more: string | null): void {
    this.more = null;
    for (const ticket of tickets) {
      if (this.has(ticket.id)) this.#removeAt(this.#indexOf(undefined, ticket.id));
      this.#insert(ticket);
    }
    this.more = more;
  }

  /** A ticket changed: move it, bring it in or take it out. Says whether the list changed. */
  change(before: Ticket | undefined, after: Ticket): boolean {
    const at = this.#indexOf(before, after.id);
    const fits = this.#fits(after, at >= 0);
    if (at < 0) return fits && this.#insert(after);
    const stays = fits && order(this.filter.sort, this.#placed[at]!, after) === 0;
    if (stays) {
      this.#placed[at] = after;
      return false;
    }
    this.#removeAt(at);
    if (fits) this.#insert(after);
    return true;
  }

  /** The server also searches addresses, which a ticket does not carry: what it found for us stays found. */
  #fits(ticket: Ticket, listed: boolean): boolean {
    const filter = listed ? { ...this.filter, q: "" } : this.filter;
    return matches(filter, ticket, this.#me);
  }

  #removeAt(at: number): void {
    for (const removed of this.#placed.splice(at, 1)) this.#ids.delete(removed.id);
  }

  #indexOf(before: Ticket | undefined, id: string): number {
    if (!this.has(id)) return -1;
    if (before !== undefined) {
      const guess = this.#lowerBound(before);
      if (this.#placed[guess]?.id === id) return guess;
    }
    return this.#placed.findIndex((placed) => placed.id === id);
  }

  #lowerBound(ticket: Ticket): number {
    let low = 0;
    let high = this.#placed.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (order(this.filter.sort, this.#placed[middle]!, ticket) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(ticket: Ticket): boolean {
    const at = this.#lowerBound(ticket);
    if (at === this.#placed.length && this.more !== null) return false;
    this.#placed.splice(at, 0, ticket);
    this.#ids.add(ticket.id);
    return true;
  }
}
