/** What is not yet known to have arrived, kept over a reload; its key makes sending it again safe. */
import type { Waiting } from "./outbox.svelte.ts";

const KEY = "inbox.unsent";

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

export function keep(store: Store, list: Waiting[]): void {
  if (list.length === 0) store.removeItem(KEY);
  else store.setItem(KEY, JSON.stringify(list));
}

/** Return what an earlier page left behind, marked with `problem` so that a person decides. */
export function left(store: Store, problem: string): Waiting[] {
  try {
    const found: unknown = JSON.parse(store.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? (found as Waiting[]).map((waiting) => Object.assign(waiting, { problem })) : [];
  } catch {
    return []; // somebody else wrote there
  }
}
