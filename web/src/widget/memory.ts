/** What the browser keeps of a chat, from the first click on; without storage it lives as long as the page. */
import type { Pending } from "./outbox.ts";

export interface Kept {
  session?: string | undefined;
  /** The session belongs to a member whom the platform signed. */
  signed?: boolean | undefined;
  form?: Record<string, string> | undefined;
  pending?: Pending[] | undefined;
  draft?: string | undefined;
  /** Up to where the visitor has read, in `ticket`. */
  ticket?: string | undefined;
  read?: number | undefined;
  open?: boolean | undefined;
}

export interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export const keyOf = (inbox: string): string => `crowd-inbox:${inbox}`;

export class Memory {
  #kept: Kept = {};
  readonly #key: string;

  constructor(
    inbox: string,
    private readonly storage: Storage | null,
  ) {
    this.#key = keyOf(inbox);
    this.#kept = this.#read();
  }

  get kept(): Readonly<Kept> {
    return this.#kept;
  }

  keep(change: Kept): void {
    this.#kept = { ...this.#kept, ...change };
    try {
      this.storage?.setItem(this.#key, JSON.stringify(this.#kept));
    } catch {
      // A full or forbidden storage: the page's own memory has to do.
    }
  }

  /** Another person sits here now: nothing of the chat may stay. */
  forget(): void {
    this.#kept = {};
    try {
      this.storage?.removeItem(this.#key);
    } catch {
      // As above.
    }
  }

  #read(): Kept {
    try {
      const kept: unknown = JSON.parse(this.storage?.getItem(this.#key) ?? "{}");
      return typeof kept === "object" && kept !== null ? kept : {};
    } catch {
      return {};
    }
  }
}

/** The browser's storage, or null where it is forbidden: reading the property alone can throw. */
export function browserStorage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
