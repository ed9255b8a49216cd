/** Who is here now: colleagues on the same ticket, and who is writing. Nothing of it outlives the moment. */
import { SvelteMap } from "svelte/reactivity";

export interface Typist {
  kind: "contact" | "manager";
  id: string;
  name: string;
}

const TYPING_FOR = 6_000;

export class Company {
  readonly #me: string;
  readonly #viewing = new SvelteMap<string, string[]>();
  readonly #typing = new SvelteMap<string, Typist>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(me: string) {
    this.#me = me;
  }

  looks(ticket: string, managers: string[]): void {
    this.#viewing.set(ticket, managers);
  }

  viewers(ticket: string): string[] {
    return (this.#viewing.get(ticket) ?? []).filter((id) => id !== this.#me);
  }

  types(ticket: string, by: Typist): void {
    if (by.id === this.#me) return;
    clearTimeout(this.#timers.get(ticket));
    this.#typing.set(ticket, by);
    this.#timers.set(
      ticket,
      setTimeout(() => this.stops(ticket), TYPING_FOR),
    );
  }

  stops(ticket: string): void {
    clearTimeout(this.#timers.get(ticket));
    this.#timers.delete(ticket);
    this.#typing.delete(ticket);
  }

  typist(ticket: string): Typist | null {
    return this.#typing.get(ticket) ?? null;
  }
}
