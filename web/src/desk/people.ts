/** How somebody without a name is called: by what we know of how they came. */
import type { Message, Ticket } from "../api/types.ts";
import { t } from "../i18n/index.svelte.ts";
import { session } from "./session.svelte.ts";

export function personOf(ticket: Ticket): string {
  return ticket.contact?.name || namelessIn(ticket.channel);
}

export function authorOf(message: Message, ticket: Ticket): string {
  if (message.author.kind === "manager" && message.author.id === session.me.id) return t("you");
  if (message.author.kind === "system") return message.author.name || t("system");
  return message.author.name || namelessIn(ticket.channel);
}

/** Somebody of a channel without a name. */
export function namelessIn(channel: string): string {
  const capabilities = session.channel(channel)?.capabilities;
  if (capabilities?.live) return t("person.visitor");
  return capabilities?.logs_by_hand ? t("person.caller") : t("unknownPerson");
}
