/** Keeps one's own load true: asked for again, a moment after something of one's own changed. */
import { api } from "../../api/index.ts";
import type { Ticket } from "../../api/types.ts";
import { session } from "../session.svelte.ts";

const AFTER = 500;

function isMine(ticket: Ticket | undefined, me: string): boolean {
  return ticket !== undefined && (ticket.assignee_id === me || ticket.offered_to === me);
}

export function watchOwnLoad(): () => void {
  const { live } = session;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const refresh = (): void => {
    timer = undefined;
    api.session
      .me()
      .then((me) => {
        session.update(me);
        live.upsertEntity("managers", { ...live.manager(me.id), ...me });
      })
      .catch((problem: unknown) => console.warn("load", problem)); // the next change asks again
  };
  // Known from the beginning, so that it is noticed when one of them goes to somebody else.
  api.tickets
    .list({ view: "mine", limit: 100 })
    .then(({ items }) => live.learn(items))
    .catch((problem: unknown) => console.warn("load", problem));
  const stop = live.watch((before, after) => {
    if (isMine(before, live.me) || isMine(after, live.me)) timer ??= setTimeout(refresh, AFTER);
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}
