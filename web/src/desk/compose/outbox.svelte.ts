/** What was sent and is not yet known to have arrived at the service: shown at once, kept until it is true. */
import { api, Problem } from "../../api/index.ts";
import type { NewMessage } from "../../api/index.ts";
import type { Message } from "../../api/types.ts";
import { says } from "../says.ts";
import { session } from "../session.svelte.ts";
import { t } from "../../i18n/index.svelte.ts";
import { keep, left } from "./unsent.ts";

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

class Outbox {
  #list = $state.raw<Waiting[]>(left(localStorage, t("problem.unreachable")));

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

  /** Send; returns what was missed if somebody spoke in between, else null. The bubble says how it went. */
  async send(ticket: string, body: NewMessage): Promise<Missed | null> {
    const at = new Date().toISOString();
    const waiting = { key: crypto.randomUUID(), by: session.me.id, ticket, body, at, problem: null };
    this.#set([...this.#list, waiting]);
    return this.#try(waiting);
  }

  retry(waiting: Waiting): Promise<Missed | null> {
    this.#replace(waiting, { ...waiting, problem: null });
    return this.#try(waiting);
  }

  drop(waiting: Waiting): void {
    this.#set(this.#list.filter((other) => other.key !== waiting.key));
  }

  async #try(waiting: Waiting): Promise<Missed | null> {
    try {
      session.live.upsertMessage(await api.tickets.say(waiting.ticket, waiting.body, waiting.key));
      this.drop(waiting);
      return null;
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.code !== "spoken_since") {
        this.#replace(waiting, { ...waiting, problem: says(problem) });
        return null;
      }
      this.drop(waiting);
      const messages = (problem.body["missed"] ?? []) as Message[];
      for (const message of messages) session.live.upsertMessage(message);
      return { messages, body: waiting.body };
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
