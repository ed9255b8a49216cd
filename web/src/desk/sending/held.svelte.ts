/** Our own answers that have not left yet and can be taken back for a moment; and words that came back to be written on. */
import { api } from "../../api/index.ts";
import type { Attachment, Message, Recipient } from "../../api/types.ts";
import { toasts } from "../../ui/toasts.svelte.ts";
import { router, ticketHref } from "../router.svelte.ts";
import { says } from "../says.ts";
import { session } from "../session.svelte.ts";

export interface Held {
  message: Message;
  /** When it leaves by this machine's clock, which may not be the server's. */
  until: number;
}

export interface Returned {
  ticket: string;
  text: string;
  files: Attachment[];
  recipients: Recipient[];
}

/** How long after it was written a message leaves; nothing for one that waits for nothing, or for days. */
export function holdOf(message: Message): number {
  if (message.delivery !== "queued" || message.send_at === null || message.error !== null) return 0;
  return Date.parse(message.send_at) - Date.parse(message.at);
}

class HeldAnswers {
  list = $state.raw<Held[]>([]);
  returned = $state.raw<Returned | null>(null);

  /** Follow the stream: our own answers, from whichever of our screens they come. */
  follow(): () => void {
    return session.live.listen((_event, touched) => touched.message && this.#heed(touched.message));
  }

  get latest(): Held | undefined {
    return this.list.at(-1);
  }

  /** Take an answer back: its words and files are in its ticket's composer again. */
  async takeBack(message: Message): Promise<void> {
    try {
      const back = await api.tickets.withdraw(message.ticket_id, message.id);
      this.#drop(message.id);
      this.#giveBack(back);
    } catch (problem) {
      toasts.say(says(problem), "problem");
    }
  }

  #giveBack(back: Message): void {
    this.returned = { ticket: back.ticket_id, text: back.text, files: back.attachments, recipients: back.recipients };
    const isOpen = router.route.name === "ticket" && router.route.id === back.ticket_id;
    if (!isOpen) router.go(ticketHref(back.ticket_id, router.filter));
  }

  /** Hand what came back to the composer of its ticket, once. */
  take(ticket: string): Returned | null {
    const back = this.returned;
    if (back?.ticket !== ticket) return null;
    this.returned = null;
    return back;
  }

  #heed(message: Message): void {
    if (message.author.id !== session.me.id) return;
    const hold = holdOf(message);
    if (hold === 0) this.#drop(message.id);
    else if (!this.list.some((one) => one.message.id === message.id)) this.#add({ message, until: Date.now() + hold });
  }

  #add(held: Held): void {
    this.list = [...this.list, held];
    setTimeout(() => this.#drop(held.message.id), held.until - Date.now());
  }

  #drop(id: string): void {
    if (this.list.some((one) => one.message.id === id)) this.list = this.list.filter((one) => one.message.id !== id);
  }
}

export const held = new HeldAnswers();
