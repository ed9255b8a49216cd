/** What a message's subject says of whether it belongs to its ticket. */
import type { Message, Ticket } from "../../api/types.ts";

/** A subject without the marks of answers and forwards. */
export function bare(text: string): string {
  return text.replace(/^((re|aw|antw|sv|vs|rif|odp|ynt|fwd?|wg|tr|i|rv)(\[\d+\])?:\s*)+/i, "").replace(/\[#\d+\]/g, "").trim();
}

/** Whether somebody began to write about something else: a message of theirs has another subject than the ticket. */
export function changedSubject(message: Message, ticket: Ticket): boolean {
  if (message.moved || message.direction !== "inbound" || message.seq === 1 || !message.subject || !ticket.subject) return false;
  const [said, had] = [bare(message.subject).toLowerCase(), bare(ticket.subject).toLowerCase()];
  return said !== "" && had !== "" && !said.includes(had) && !had.includes(said);
}

/** What goes with a message into a ticket of its own: all that was said since under the same subject. */
export function withIt(message: Message, messages: Message[]): string[] {
  const subject = bare(message.subject ?? "").toLowerCase();
  const same = (other: Message): boolean => bare(other.subject ?? "").toLowerCase() === subject;
  return messages.filter((other) => other.seq >= message.seq && other.event === null && (other.id === message.id || (other.kind === "message" && same(other)))).map(({ id }) => id);
}
