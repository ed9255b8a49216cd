/** What was sent and is not yet known to have arrived at the service: shown at once, kept until it is true. */
import { api, Problem } from "../../api/index.ts";
import type { NewMessage } from "../../api/index.ts";
import type { Message } from "../../api/types.ts";
import { says } from "../says.ts";
import { session } from "../session.svelte.ts";
import { t } from "../../i18n/index.svelte.ts";
import { toasts } from "../../ui/toasts.svelte.ts";
import { keep, left, seen } from "./unsent.ts";

export interface Waiting {
  key: string;
  by: string;
  ticket: string;
  body: NewMessage;
  at: string;
  problem: string | null;
}

/** Somebody spoke meanwhile: what was missed, and what was about to be said. */
export interface Missed {
  messages: Message[];
  body: NewMessage;
}

export type Outcome = "sent" | "kept" | Missed;

function missedIn(problem: unknown): Message[] | null {
  if (!(problem instanceof Problem) || problem.code !== "spoken_since") return null;
  return (problem.body["missed"] ?? []) as Message[];
}

class Outbox {
  #list = $state.raw<Waiting[]>(left(localStorage));

  /** What waits for this ticket, without what the stream has already brought back to us. */
  of(ticket: string, messages: Message[]): Waiting[] {
    const me = session.me.id;
    const known = (waiting: Waiting): boolean =>
      messages.some(
        (message) =>
          message.seq > waiting.body.last_seen && message.author.id === me && message.text.trim() === waiting.body.text.trim(),
      );
    return this.#list.filter((waiting) => waiting.by === me && waiting.ticket === ticket && !known(waiting));
  }

  /**
   * Send. If somebody spoke in between, the one who still looks at what they wrote (`there`) is handed it back to decide;
   * otherwise it stays in the ticket's bubble, and so does what could not be sent at all.
   */
  async send(ticket: string, body: NewMessage, there: () => boolean): Promise<Outcome> {
    const at = new Date().toISOString();
    const waiting = { key: crypto.randomUUID(), by: session.me.id, ticket, body, at, problem: null };
    this.#set([...this.#list, waiting]);
    const outcome = await this.#try(waiting, there);
    if (outcome === "kept" && !there()) toasts.say(t("compose.unsent", { number: session.live.ticket(ticket)?.number ?? "" }), "problem");
    return outcome;
  }

  /** Try again what stands in its bubble, where it stays if it cannot be sent. */
  async retry(waiting: Waiting): Promise<void> {
    this.#replace(waiting, { ...waiting, problem: null });
    await this.#try(waiting, () => false);
  }

  drop(waiting: Waiting): void {
    this.#set(this.#list.filter((other) => other.key !== waiting.key));
  }

  async #try(waiting: Waiting, there: () => boolean): Promise<Outcome> {
    try {
      session.live.upsertMessage(await api.tickets.say(waiting.ticket, waiting.body, waiting.key));
      this.drop(waiting);
      return "sent";
    } catch (problem) {
      const messages = missedIn(problem);
      for (const message of messages ?? []) session.live.upsertMessage(message);
      if (messages !== null && there()) {
        this.drop(waiting);
        return { messages, body: waiting.body };
      }
      this.#replace(waiting, messages === null ? { ...waiting, problem: says(problem) } : seen(waiting, messages, t("missed.title", { n: messages.length })));
      return "kept";
    }
  }

  #replace(old: Waiting, next: Waiting): void {
    this.#set(this.#list.map((other) => (other.key === old.key ? next : other)));
  }

  #set(list: Waiting[]): void {
    this.#list = list;
    keep(localStorage, list);
  }
}

export const outbox = new Outbox();
