/** What is done to a ticket, from the list or from its own screen: each says what happened, none loses anything. */
import { api, Problem } from "../api/index.ts";
import type { Ticket } from "../api/types.ts";
import { type Key, t } from "../i18n/index.svelte.ts";
import { toasts } from "../ui/toasts.svelte.ts";
import { says } from "./says.ts";
import { session } from "./session.svelte.ts";

/** Enough of a ticket to give it to somebody. */
type Given = Pick<Ticket, "id">;

async function keeping(work: Promise<Ticket>): Promise<boolean> {
  try {
    session.live.upsert(await work);
    return true;
  } catch (problem) {
    toasts.say(says(problem), "problem");
    return false;
  }
}

export async function claim(ticket: Given): Promise<boolean> {
  try {
    session.live.upsert(await api.tickets.claim(ticket.id));
    return true;
  } catch (problem) {
    const winner = problem instanceof Problem ? (problem.body["assignee"] as { name?: string } | undefined) : undefined;
    toasts.say(winner?.name ? t("claim.lost", { name: winner.name }) : says(problem), "problem");
    return false;
  }
}

export function release(ticket: Given): Promise<boolean> {
  return keeping(api.tickets.release(ticket.id));
}

/** Give a ticket to somebody. Taking what nobody has is a race, and says who won it; taking over from somebody is not. */
export function assign(ticket: Given & { assignee_id: string | null }, manager: string): Promise<boolean> {
  const isRace = manager === session.me.id && ticket.assignee_id === null;
  return isRace ? claim(ticket) : keeping(api.tickets.assign(ticket.id, manager));
}

/** Change a ticket. Somebody was quicker: take their version and try once more, since fields rarely collide. */
export async function change(ticket: Ticket, patch: Record<string, unknown>): Promise<boolean> {
  const current = session.live.ticket(ticket.id) ?? ticket;
  try {
    session.live.upsert(await api.tickets.change(ticket.id, current.version, patch));
    return true;
  } catch (problem) {
    if (!(problem instanceof Problem) || problem.code !== "stale_version") {
      toasts.say(says(problem), "problem");
      return false;
    }
    const fresh = await api.tickets.get(ticket.id);
    session.live.upsert(fresh);
    return keeping(api.tickets.change(ticket.id, fresh.version, patch));
  }
}

export type Lane = Ticket["lane"];
export const LANES: readonly Lane[] = ["answer", "thank", "nothing", "spam"];
const AT_WORK = new Set(["open", "waiting", "snoozed"]);

/** Confirm a ticket's lane, or move it to another. What needs nothing, and spam, is done with that; it can be undone. */
export async function toLane(ticket: Ticket, lane: Lane): Promise<boolean> {
  const done = lane === "nothing" || lane === "spam";
  const state = done ? (AT_WORK.has(ticket.state) ? "solved" : ticket.state) : lane === "answer" && !AT_WORK.has(ticket.state) ? "open" : ticket.state;
  const moved = await change(ticket, state === ticket.state ? { lane } : { lane, state });
  if (moved) toasts.offer(t(`lane.said.${lane}` satisfies Key, { number: ticket.number }), t("undo"), () => back(ticket, state));
  return moved;
}

async function back(ticket: Ticket, state: Ticket["state"]): Promise<void> {
  const was = ticket.state === "snoozed" ? "open" : ticket.state;
  const moved = await change(ticket, state === ticket.state ? { lane: ticket.lane } : { lane: ticket.lane, state: was });
  if (moved) toasts.say(t("lane.undone", { number: ticket.number }));
}

export async function solve(ticket: Ticket): Promise<boolean> {
  const done = await change(ticket, { state: "solved" });
  if (done) toasts.say(t("solved.said", { number: ticket.number }));
  return done;
}
