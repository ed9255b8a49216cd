/** Tickets are merged and split, and put back: each says what happened and offers to undo it. */
import { api } from "../../api/index.ts";
import type { Ticket } from "../../api/types.ts";
import { t } from "../../i18n/index.svelte.ts";
import { toasts } from "../../ui/toasts.svelte.ts";
import { router, ticketHref } from "../router.svelte.ts";
import { says } from "../says.ts";
import { session } from "../session.svelte.ts";

type Named = Pick<Ticket, "id" | "number">;

/** A ticket's number is a name: no language groups its digits. */
export const named = (ticket: Pick<Ticket, "number">): string => String(ticket.number);

async function trying(work: Promise<Ticket>, done: (ticket: Ticket) => void): Promise<boolean> {
  try {
    const ticket = await work;
    session.live.upsert(ticket);
    done(ticket);
    return true;
  } catch (problem) {
    toasts.say(says(problem), "problem");
    return false;
  }
}

export function mergeInto(source: Named, target: Named, more: { reason: string; others: boolean }): Promise<boolean> {
  const body = { into: target.id, different_contacts: more.others, ...(more.reason ? { reason: more.reason } : {}) };
  return trying(api.tickets.merge(source.id, body), () => {
    router.go(ticketHref(target.id, router.filter));
    toasts.offer(t("merge.said", { number: named(source), into: named(target) }), t("undo"), () => unmerge(source.id));
  });
}

export function unmerge(source: string): Promise<boolean> {
  return trying(api.tickets.unmerge(source), (ticket) => toasts.say(t("merge.undone", { number: named(ticket) })));
}

export function splitOff(ticket: Named, messages: string[], more: { subject: string; reason: string }): Promise<boolean> {
  const given = Object.fromEntries(Object.entries(more).filter(([, text]) => text !== ""));
  return trying(api.tickets.split(ticket.id, { messages, ...given }), (made) => {
    router.go(ticketHref(made.id, router.filter));
    toasts.offer(t("split.said", { number: named(made) }), t("undo"), () => unsplit(made.id));
  });
}

export function unsplit(made: string): Promise<boolean> {
  return trying(api.tickets.unsplit(made), (ticket) => {
    router.go(ticketHref(ticket.id, router.filter));
    toasts.say(t("split.undone", { number: named(ticket) }));
  });
}

/** Whether messages may leave this ticket or come to it. */
export function movable(ticket: Ticket): boolean {
  const live = session.channel(ticket.channel)?.capabilities.live === true;
  return !ticket.public && !live && ticket.merged_into === null;
}
