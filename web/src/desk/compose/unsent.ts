/** What is not yet known to have arrived, kept over a reload; its key makes sending it again safe. */
import type { Waiting } from "./outbox.svelte.ts";

const KEY = "inbox.unsent";

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export function keep(store: Store, list: Waiting[]): void {
  if (list.length === 0) store.removeItem(KEY);
  else store.setItem(KEY, JSON.stringify(list));
}

/** What an earlier page left behind is marked with this, so that a person decides: nobody knows how it went. */
export const INTERRUPTED = "";

export function left(store: Store): Waiting[] {
  try {
    const found: unknown = JSON.parse(store.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? (found as Waiting[]).map((waiting) => Object.assign(waiting, { problem: INTERRUPTED })) : [];
  } catch {
    return []; // somebody else wrote there
  }
}

/** The same words, knowing what was missed and marked with `problem`: a new sending, since the old one is refused for good. */
export function seen(waiting: Waiting, missed: readonly { seq: number }[], problem: string): Waiting {
  const last_seen = Math.max(waiting.body.last_seen, ...missed.map((message) => message.seq));
  return { ...waiting, key: crypto.randomUUID(), body: { ...waiting.body, last_seen }, problem };
}
