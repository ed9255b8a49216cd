/** The tickets that one is offered now. */
import { api } from "../../api/index.ts";
import { serverNow } from "../../api/client.ts";
import type { Ticket } from "../../api/types.ts";
import { t } from "../../i18n/index.svelte.ts";
import { toasts } from "../../ui/toasts.svelte.ts";
import { router, ticketHref } from "../router.svelte.ts";
import { says } from "../says.ts";
import { session } from "../session.svelte.ts";

export class Offers {
  #ids = $state.raw<string[]>([]);
  readonly #mine = new Set<string>(); // answered here: no word about what became of it

  get open(): Ticket[] {
    return this.#ids.map((id) => session.live.ticket(id)).filter((ticket) => ticket !== undefined);
  }

  watch(): () => void {
    const { live } = session;
    const stop = live.watch((_before, after) => this.#see(after));
    const ask = (): void => {
      api.tickets.list({ view: "offered", limit: 20 }).then(
        ({ items }) => {
          live.learn(items);
          for (const ticket of items) this.#see(ticket);
        },
        (problem: unknown) => console.warn("offers", problem),
      );
    };
    ask();
    const stopResync = live.whenResynced(ask);
    return () => {
      stop();
      stopResync();
    };
  }

  #see(ticket: Ticket): void {
    const isMine = ticket.offered_to === session.live.me;
    const known = this.#ids.includes(ticket.id);
    if (isMine && !known) this.#ids = [...this.#ids, ticket.id];
    if (isMine || !known) return;
    this.#ids = this.#ids.filter((id) => id !== ticket.id);
    if (!this.#mine.delete(ticket.id) && ticket.assignee_id !== session.live.me)
      toasts.say(t("offer.passed", { number: ticket.number }));
  }

  async accept(ticket: Ticket): Promise<void> {
    await this.#answer(ticket, api.tickets.accept(ticket.id));
    if (session.live.ticket(ticket.id)?.assignee_id === session.live.me) router.go(ticketHref(ticket.id, router.filter));
  }

  async decline(ticket: Ticket): Promise<void> {
    await this.#answer(ticket, api.tickets.decline(ticket.id));
  }

  async extend(ticket: Ticket): Promise<void> {
    try {
      session.live.upsert(await api.tickets.extend(ticket.id));
    } catch (problem) {
      toasts.say(says(problem), "problem");
    }
  }

  async #answer(ticket: Ticket, work: Promise<Ticket>): Promise<void> {
    this.#mine.add(ticket.id);
    try {
      session.live.upsert(await work);
    } catch (problem) {
      this.#mine.delete(ticket.id);
      toasts.say(says(problem), "problem");
      session.live.upsert(await api.tickets.get(ticket.id));
    }
  }
}

/** How many milliseconds an offer still stands. */
export function leftOf(ticket: Ticket, now: number = serverNow()): number {
  return ticket.offered_until === null ? 0 : Math.max(0, Date.parse(ticket.offered_until) - now);
}
