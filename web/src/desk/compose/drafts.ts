/** What has been written and not sent, per ticket and kind: survives a reload, belongs to one manager. */
export type DraftKind = "reply" | "note" | "people";

const PREFIX = "inbox.draft";

export class Drafts {
  readonly #store: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly #manager: string;

  constructor(store: Pick<Storage, "getItem" | "setItem" | "removeItem">, manager: string) {
    this.#store = store;
    this.#manager = manager;
  }

  get(ticket: string, kind: DraftKind): string {
    return this.#store.getItem(this.#key(ticket, kind)) ?? "";
  }

  put(ticket: string, kind: DraftKind, text: string): void {
    if (text.trim() === "") this.#store.removeItem(this.#key(ticket, kind));
    else this.#store.setItem(this.#key(ticket, kind), text);
  }

  #key(ticket: string, kind: DraftKind): string {
    return `${PREFIX}.${this.#manager}.${ticket}.${kind}`;
  }
}
