/** The list that is shown: filled by pages, moved by events, and still while a hand is on it. */
import { api } from "../api/index.ts";
import { putTicket, type State, type Touched } from "./state.ts";
import { everything, type Filter, View } from "./view.ts";

export type ListState = "loading" | "ready" | "error";

const PAGE = 100;

export class TicketList {
  loading = $state<ListState>("loading");
  /** The rows as they are drawn. While a hand is on the list, they do not move. */
  shown = $state.raw<string[]>([]);
  held = $state(false);
  /** How many rows stand in the list but are not drawn yet, since a hand is on it. */
  fresh = $state(0);
  /** Whether the server has further pages. */
  more = $state(false);
  readonly #state: State;
  readonly #changed: () => void;
  #view: View;

  constructor(state: State, changed: () => void) {
    this.#state = state;
    this.#changed = changed;
    this.#view = new View(everything, state.me);
  }

  get filter(): Filter {
    return this.#view.filter;
  }

  async show(filter: Filter): Promise<void> {
    const view = new View(filter, this.#state.me);
    this.#view = view;
    this.held = false;
    // What we know is shown at once. A search is left to the server: it also knows addresses.
    if (filter.q === "") for (const ticket of this.#state.tickets.values()) view.change(undefined, ticket);
    this.draw();
    await this.#page(view, null);
  }

  async loadMore(): Promise<void> {
    const view = this.#view;
    if (view.more === null || this.loading === "loading") return;
    await this.#page(view, view.more);
  }

  async #page(view: View, cursor: string | null): Promise<void> {
    const { q, sort, view: name, inbox, campaign, channel } = view.filter;
    try {
      this.loading = "loading";
      const page = await api.tickets.list({ view: name, inbox, campaign, channel, q, sort, limit: PAGE, cursor });
      if (view !== this.#view) return;
      for (const ticket of page.items) putTicket(this.#state, ticket);
      const current = page.items.map((ticket) => this.#state.tickets.get(ticket.id) ?? ticket);
      view.addPage(current, page.next_cursor);
      this.loading = "ready";
      this.draw();
      this.#changed();
    } catch (problem) {
      if (view === this.#view) this.loading = "error";
      console.warn("list", problem);
    }
  }

  /** A ticket changed. Says whether the list did; it is drawn by `draw`, once for many changes. */
  place(change: NonNullable<Touched["ticket"]>): boolean {
    return this.#view.change(change.before, change.after);
  }

  /** A hand came onto the list, or left it. */
  hold(on: boolean): void {
    if (on === this.held) return;
    this.held = on;
    if (!on) this.draw();
  }

  /** Draw what has been gathered, although a hand is on the list: the person asked for it. */
  release(): void {
    this.shown = this.#view.ids;
    this.fresh = 0;
  }

  /** Whether a drawn row has left the list while it was held. */
  gone(id: string): boolean {
    return this.held && !this.#view.has(id);
  }

  draw(): void {
    const ids = this.#view.ids;
    const drawn = this.held ? this.#appended(ids) : ids;
    const known = new Set(drawn);
    this.shown = drawn;
    this.more = this.#view.more !== null;
    this.fresh = this.held ? ids.reduce((sum, id) => sum + (known.has(id) ? 0 : 1), 0) : 0;
  }

  /** What stands behind the last drawn row may come at once: nothing moves under the hand. */
  #appended(ids: string[]): string[] {
    const last = this.shown.findLast((id) => this.#view.has(id));
    const drawn = new Set(this.shown);
    const behind = ids.slice(last === undefined ? 0 : ids.indexOf(last) + 1).filter((id) => !drawn.has(id));
    return behind.length === 0 ? this.shown : [...this.shown, ...behind];
  }
}
